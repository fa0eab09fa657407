"""`http_config` and `tls_config` of the file."""

import re
from pathlib import Path

import yaml

from tocsin.alerting.configfile.secrets import check_secrets, secret
from tocsin.notify import Authorization, HttpOptions, Secret, Tls
from tocsin.notify.transport.http_options import TIMEOUT
from tocsin.syntax.document import Findings, Section, parse

#: Known to Alertmanager and without effect here: HTTP/1.1 does, and references need its own secret stores.
_WITHOUT_EFFECT = ("enable_http2", "ca_ref", "cert_ref", "key_ref", "username_ref", "password_ref", "credentials_ref")
_LINE = re.compile(r" \(line \d+\)")


def read_http(section: Section | None, *, folder: Path, timeout: float = 0.0) -> HttpOptions:
    """The options of a receiver; what cannot be applied is noted. Redirects are refused whatever the file says."""
    seconds = timeout or TIMEOUT
    if section is None:
        return HttpOptions(timeout=seconds)
    check_secrets(section)
    if section.flag("follow_redirects", default=False):
        section.skip("follow_redirects")
    proxied = section.flag("proxy_from_environment", default=True)
    options = HttpOptions(
        timeout=seconds,
        authorization=_authorization(section, folder),
        tls=read_tls(section.section("tls_config"), folder=folder),
        headers=_headers(section.section("http_headers"), folder),
        proxy_url=_proxy(section),
        no_proxy=section.text("no_proxy"),
        proxy_from_environment=proxied,
        proxy_headers=_lists(section.section("proxy_connect_header")),
    )
    section.skip("oauth2")
    section.accept(*_WITHOUT_EFFECT)
    section.close()
    return options


def http_options(given: object) -> HttpOptions:
    """What `http_config` may say, and `timeout`, as the value of the key `http`; files are relative to the working
    folder.

    Raises:
        ValueError: something in it is wrong, or cannot be applied; a line for each.
    """
    findings = Findings()
    document = parse(yaml.safe_dump({"http": given}), findings)
    section = document and document.section("http")
    timeout = section.duration("timeout", 0.0) if section else 0.0
    options = read_http(section or None, folder=Path(), timeout=timeout)
    problems = [problem.message for problem in findings.problems]
    # The lines are those of our own text, nobody has seen it.
    unapplied = [_LINE.sub("", each) for each in findings.unapplied]
    problems += (each if ": " in each else f"{each}: is not done by this version, leave it out" for each in unapplied)
    if problems:
        raise ValueError("\n".join(problems))
    return options


def read_tls(section: Section | None, *, folder: Path) -> Tls:
    """Whom to trust and who we are; the defaults where the section is absent or makes no sense."""
    if section is None:
        return Tls()
    check_secrets(section)
    try:
        return Tls(
            ca=secret(section, "ca", folder=folder),
            cert=secret(section, "cert", folder=folder),
            key=secret(section, "key", folder=folder),
            server_name=section.text("server_name"),
            insecure_skip_verify=section.flag("insecure_skip_verify", default=False),
            min_version=section.text("min_version") or Tls().min_version,
            max_version=section.text("max_version"),
        )
    except ValueError as error:
        section.report(str(error))
        return Tls()
    finally:
        section.accept(*_WITHOUT_EFFECT)
        section.close()


def _proxy(section: Section) -> str:
    """Alertmanager accepts anything here, and fails when it sends."""
    url = section.text("proxy_url")
    try:
        HttpOptions(proxy_url=url)
    except ValueError as error:
        place, line = section.place("proxy_url"), section.line_of("proxy_url")
        section.findings.unapplied.append(f"{place} (line {line}): {error}")
        return ""
    return url


def _authorization(section: Section, folder: Path) -> Authorization | None:
    """The one of the three ways that is given."""
    token, password = section.section("authorization"), section.section("basic_auth")
    bearer = secret(section, "bearer_token", folder=folder)
    given = [way for way in (token, password, bearer) if way]
    if len(given) > 1:
        section.report("give one of authorization, basic_auth and bearer_token")
    if token is not None:
        scheme = token.text("type", "Bearer")
        return Authorization(credentials=_closed(token, "credentials", folder), scheme=scheme)
    if password is not None:
        user = secret(password, "username", folder=folder)
        return Authorization(credentials=_closed(password, "password", folder), user=user)
    return Authorization(credentials=bearer) if bearer else None


def _closed(section: Section, name: str, folder: Path) -> Secret:
    check_secrets(section)
    value = secret(section, name, folder=folder)
    section.accept(*_WITHOUT_EFFECT)
    section.close()
    return value


def _headers(section: Section | None, folder: Path) -> dict[str, tuple[Secret, ...]]:
    """`values` and `secrets` as they are, then the contents of `files`."""
    found: dict[str, tuple[Secret, ...]] = {}
    for name in section.names() if section else ():
        given = section.section(name) if section else None
        if given is not None:
            texts = [text.value for key in ("values", "secrets") for text in given.texts(key)]
            found[name] = (*texts, *(folder / text.value for text in given.texts("files")))
            given.close()
    return found


def _lists(section: Section | None) -> dict[str, tuple[Secret, ...]]:
    return {name: tuple(text.value for text in section.texts(name)) for name in section.names()} if section else {}
