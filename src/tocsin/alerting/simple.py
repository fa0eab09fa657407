"""The simple way to say who is told: a few lines that become an Alertmanager configuration."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from itertools import filterfalse
from pathlib import Path
from typing import Any, cast

import yaml

from tocsin.alerting.config import AlertingConfig, Integration, ReceiverConfig, Terms
from tocsin.alerting.configfile import AlertingConfigError, load
from tocsin.alerting.configfile.http_config import http_options
from tocsin.alerting.configfile.receivers import DELIVERED
from tocsin.alerting.configfile.secrets import expanded, is_reference
from tocsin.alerting.extension import terms_of, with_terms
from tocsin.alerting.receiver_keys import ALERTMANAGERS, OURS, hint, misfits
from tocsin.notify import RECEIVERS, HttpOptions, Secret
from tocsin.notify.receivers.http_receiver import HttpReceiver
from tocsin.notify.severity import SEVERITIES, is_severity
from tocsin.setting_keys import NOTIFY, TERMS
from tocsin.syntax.durations import format_duration

#: The name of those who are told of everything that nobody else is told of.
DEFAULT = "default"
#: One message for everything that is wrong with one service in one way, and one for each issue.
GROUP_BY = ("alertname", "job", "service_name")
ISSUE = "issue"
#: What Alertmanager's integrations have besides and may be shown.
_PUBLIC = {"send_resolved", "from", "smarthost", "hello", "require_tls", "auth_username", "headers", "html", "text"}
#: Nobody's condition, of an entry that cannot be read: so it is not taken for one without any.
_NEVER = f'{ISSUE}="never"'
#: The keys of an entry that say which alerts it is told of.
CONDITIONS = ("severity", "matchers")
#: Of values that nothing else reads before they are used.
_TYPES: Mapping[str, type] = {"send_resolved": bool, "group_by": list}
_PLACE = re.compile(r"^(?:.*?:\d+: )?receivers\[(\d+)\](?:\.(\w+?)_configs\[\d+\])?", re.MULTILINE)
_ROOT = re.compile(r"^.*?:\d+: route(?=\.)", re.MULTILINE)
_ROUTE = re.compile(r"^.*?:\d+: route\.routes\[(\d+)\](?:\.routes\[0\])?", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Of all groups, in seconds."""

    group_wait: float = 10.0
    group_interval: float = 300.0
    repeat_interval: float = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Simple:
    """A compiled `notify`: what an alertmanager.yml can say of it, and what it cannot, by the name of the receiver."""

    document: Mapping[str, Any]
    ours: Mapping[str, tuple[Integration, ...]]
    names: tuple[str, ...]
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def config(self, *, external_url: str = "") -> AlertingConfig:
        """Paths are relative to the working folder.

        Raises:
            ValueError: something in it is wrong; a line for each, in terms of `notify`.
        """
        problems: list[str] = []
        loaded = self._loaded(external_url, problems)
        try:
            told = with_terms(loaded, self.terms, setting="notify", names=self.names)
        except ValueError as error:
            raise ValueError("\n".join((*problems, str(error)))) from None
        if problems:
            raise ValueError("\n".join(problems))
        twins = {_issues_of(name): _twin_terms(name, told.receiver(name).terms) for name in self.names}
        terms = {name: replace(told.receiver(name).terms, capped_with=(_issues_of(name),)) for name in self.names}
        given = {**terms, **twins}
        return replace(told, receivers=tuple(replace(each, terms=given[each.name]) for each in told.receivers))

    def alertmanager_yml(self) -> str:
        """For Alertmanager, as far as it can say it; in the place of a secret is `<secret>`, but references stay."""
        left_out = {kind for found in self.ours.values() for kind in (each.kind for each in found)}
        note = f"# Alertmanager has no receivers like these: {', '.join(sorted(left_out))}\n" if left_out else ""
        receivers = [
            {key: value if key == "name" else _shown(key, value) for key, value in receiver.items()}
            for receiver in self.document["receivers"]
        ]
        return note + yaml.safe_dump({**self.document, "receivers": receivers}, sort_keys=False, allow_unicode=True)

    def problems(self) -> list[str]:
        """What `config` would raise."""
        try:
            self.config()
        except ValueError as error:
            return str(error).splitlines()
        return []

    def _loaded(self, external_url: str, problems: list[str]) -> AlertingConfig:
        """Where it cannot be, for `problems`, receivers of these names that tell nobody."""
        try:
            loaded = load(yaml.safe_dump(dict(self.document)), "notify", external_url=external_url, own_settings=True)
        except AlertingConfigError as error:
            problems += self._in_own_terms(str(error)).splitlines()
            return replace(simple({}).config(), receivers=tuple(ReceiverConfig(name=name) for name in self.names))
        return replace(loaded, receivers=tuple(map(self._with_ours, loaded.receivers)))

    def _with_ours(self, receiver: ReceiverConfig) -> ReceiverConfig:
        return replace(receiver, integrations=(*receiver.integrations, *self.ours.get(receiver.name, ())))

    def _in_own_terms(self, text: str) -> str:
        def receiver(match: re.Match[str]) -> str:
            name = self.document["receivers"][int(match[1])]["name"].removesuffix(f"-{ISSUE}s")
            name = DEFAULT if name == f"{ISSUE}s" else name
            return ".".join(part for part in ("notify", name, match[2]) if part)

        text = _ROUTE.sub(lambda match: f"notify.{self.names[int(match[1])]}", _PLACE.sub(receiver, text))
        text = _ROOT.sub(f"notify.{self.names[-1]}", text)
        return "\n".join(dict.fromkeys(text.splitlines()))


def simple(notify: Mapping[str, object], timing: Timing | None = None) -> Simple:
    """Each entry has receivers by their kind, and conditions on which they are told; one without is told of the rest.

    The entries are asked in their order. Resolutions are told, but not that an issue is no longer new.

    Raises:
        ValueError: something in it is wrong; a line for each.
    """
    problems: list[str] = []
    entries = [_Entry.read(name, given, problems) for name, given in notify.items()]
    conditional = [entry for entry in entries if entry.matchers]
    others = [entry for entry in entries if not entry.matchers]
    if len(others) > 1:
        names = " and ".join(f"notify.{entry.name}" for entry in others)
        problems.append(f"{names} are both told of everything: give all but one of them a severity or matchers")
    rest = others[0] if others else _Entry(DEFAULT, {}, {}, {}, ())
    conditional += others[1:]  # what else is wrong with them is said too
    receivers = [receiver for entry in (*conditional, rest) for receiver in entry.receivers()]
    document = {"route": _tree(conditional, rest, timing or Timing()), "receivers": receivers}
    ours = {name: found for entry in (*conditional, rest) for name, found in entry.integrations()}
    terms = {entry.name: terms_of(entry.options) for entry in (*conditional, rest)}
    named = (*(entry.name for entry in conditional), rest.name)
    made = Simple(document, ours, named, {name: found for name, found in terms.items() if found})
    if problems:
        raise ValueError("\n".join((*problems, *made.problems())))
    return made


@dataclass(frozen=True, slots=True)
class _Entry:
    """One name of `notify`: settings of its receivers by kind, what routes may say, and when it is told."""

    name: str
    alertmanagers: Mapping[str, Mapping[str, Any]]
    ours: Mapping[str, Mapping[str, Any]]
    options: Mapping[str, Any]
    matchers: tuple[str, ...]

    @classmethod
    def read(cls, name: str, given: object, problems: list[str]) -> "_Entry":
        if not isinstance(given, dict):
            problems.append(f"notify.{name}: must be a mapping such as {{slack: https://…, severity: critical}}")
            return cls(name, {}, {}, {}, (_NEVER,))
        problems += (f"notify.{name}.{line}" for line in _misuses(given))
        ours = {
            kind: _settings_of_ours(name, kind, given[kind], problems)
            for kind in given
            if kind in RECEIVERS and kind not in ALERTMANAGERS
        }
        return cls(
            name,
            {kind: _settings(given[kind], ALERTMANAGERS[kind]) for kind in ALERTMANAGERS if given.get(kind)},
            {kind: settings for kind, settings in ours.items() if settings is not None},
            {key: given[key] for key in NOTIFY if key in given and key not in CONDITIONS and _is_usable(key, given)},
            tuple(_matchers(given)),
        )

    @property
    def issues(self) -> str:
        """The receiver that does not hear that an issue is no longer new."""
        return _issues_of(self.name)

    def route(self) -> dict[str, Any]:
        options = {key: value for key, value in self.options.items() if key not in {"send_resolved", *TERMS}}
        group_by = [*options.get("group_by", GROUP_BY), ISSUE]
        issues = {"receiver": self.issues, "matchers": [f'{ISSUE}!=""'], "group_by": group_by}
        conditions = {"matchers": list(self.matchers)} if self.matchers else {}
        return {"receiver": self.name, **conditions, **options, "routes": [issues]}

    def receivers(self) -> Iterator[dict[str, Any]]:
        for name, send_resolved in self._told():
            configs = {
                f"{kind}_configs": [{"send_resolved": send_resolved, **settings}]
                for kind, settings in self.alertmanagers.items()
            }
            yield {"name": name, **configs}

    def integrations(self) -> Iterator[tuple[str, tuple[Integration, ...]]]:
        for name, send_resolved in self._told():
            yield (
                name,
                tuple(
                    Integration(kind=kind, settings=settings, send_resolved=send_resolved)
                    for kind, settings in self.ours.items()
                ),
            )

    def _told(self) -> tuple[tuple[str, bool], ...]:
        return (self.name, bool(self.options.get("send_resolved", True))), (self.issues, False)


def _issues_of(name: str) -> str:
    return f"{ISSUE}s" if name == DEFAULT else f"{name}-{ISSUE}s"


def _twin_terms(name: str, terms: Terms) -> Terms:
    """Of the receiver that hears of issues: what it hears goes on to one that does so too."""
    escalation = terms.escalation and replace(terms.escalation, to=_issues_of(terms.escalation.to))
    return replace(terms, escalation=escalation, capped_with=(name,))


def _shown(configs: str, given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Integrations without their secrets: what is known to be none, and what only refers to one, stays."""
    kind = DELIVERED[configs.removesuffix("_configs")][0]
    known = _PUBLIC | {each.name for each in fields(cast("Any", RECEIVERS[kind])) if each.type != Secret}
    return [
        {
            key: value if key in known or key.endswith("_file") or is_reference(str(value)) else "<secret>"
            for key, value in settings.items()
        }
        for settings in given
    ]


def _tree(conditional: Iterable[_Entry], rest: _Entry, timing: Timing) -> dict[str, Any]:
    root = rest.route()
    root.pop("continue", None)
    routes = [entry.route() for entry in conditional]
    # After a route that continues, its alerts have to find the rest among its siblings.
    goes_on = any(route.get("continue") for route in routes)
    beside = [{"receiver": rest.name, "routes": root["routes"]}] if goes_on else root["routes"]
    return {
        "group_by": list(GROUP_BY),
        "group_wait": format_duration(timing.group_wait),
        "group_interval": format_duration(timing.group_interval),
        "repeat_interval": format_duration(timing.repeat_interval),
        **root,
        "routes": [*routes, *beside],
    }


def _misuses(given: Mapping[str, Any]) -> Iterator[str]:
    """Keys and values that nothing else would refuse."""
    known = {*ALERTMANAGERS, *RECEIVERS, *NOTIFY}
    for key in given:
        if key not in known:
            yield f"{key}: is not known here, {hint(str(key), known)}"
    if given.get("severity") is not None:
        yield from map(_no_severity, filterfalse(is_severity, _listed(given["severity"]) or [""]))
    if not _is_usable("send_resolved", given):
        yield f"send_resolved: must be true or false, not {given['send_resolved']!r}"
    if not _is_usable("group_by", given):
        yield f"group_by: must be a list of labels, such as [alertname, job], not {given['group_by']!r}"


def _no_severity(word: str) -> str:
    close = difflib.get_close_matches(word.lower(), SEVERITIES, n=1)
    fix = f"did you mean {close[0]}?" if close else "other values of the label are for `matchers`"
    return f"severity: {word!r} is none of {', '.join(SEVERITIES)}; {fix}"


def _is_usable(key: str, given: Mapping[str, Any]) -> bool:
    """Of what is read here alone: whether the value of the key is of its type."""
    return key not in given or key not in _TYPES or isinstance(given[key], _TYPES[key])


def _matchers(given: Mapping[str, Any]) -> Iterator[str]:
    severities = _listed(given.get("severity"))
    if severities:
        yield 'severity=~"' + "|".join(map(re.escape, severities)) + '"'
    yield from _listed(given.get("matchers"))


def _listed(value: object) -> list[str]:
    return [] if value is None else [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]


def _settings(given: object, key: str) -> dict[str, Any]:
    return dict(given) if isinstance(given, dict) else {key: given if isinstance(given, int) else str(given)}


def _settings_of_ours(name: str, kind: str, given: object, problems: list[str]) -> Mapping[str, Any] | None:
    """The receiver's arguments, which are tried; None where it is switched off."""
    if given is None or given is False:
        return None
    settings = {} if given is True else _settings(given, OURS.get(kind, kind))
    if unfit := list(misfits(f"notify.{name}.{kind}", kind, settings)):
        problems += unfit
        return None
    try:
        settings |= _http(f"notify.{name}.{kind}", kind, settings, problems)
        settings = dict(_arguments(kind, settings))
        RECEIVERS[kind](**settings)
    except (ImportError, TypeError, ValueError) as error:
        problems.append(f"notify.{name}.{kind}: {str(error).rpartition('__init__() ')[2]}")
    return settings


def _http(place: str, kind: str, settings: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The options of a receiver that speaks HTTP by `HttpReceiver`, if they are given."""
    if "http" not in settings:
        return {}
    made = RECEIVERS[kind]
    takes_them = isinstance(made, type) and issubclass(made, HttpReceiver)
    try:
        return {"http": http_options(settings["http"])} if takes_them else {}
    except ValueError as error:
        problems += (f"{place}.{line}" for line in str(error).splitlines())
        return {"http": HttpOptions()}


def _arguments(kind: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Secrets may be variables of the environment, or files."""
    made: Any = RECEIVERS[kind]
    types = {each.name: each.type for each in fields(made)} if is_dataclass(made) else {}
    for key, value in settings.items():
        secret = key.removesuffix("_file")
        if key not in types and types.get(secret) == Secret:
            yield secret, Path(str(value))
        elif types.get(key) == tuple[Secret, ...]:
            yield key, tuple(map(expanded, _listed(value)))
        elif types.get(key) == Secret or key.endswith("url"):
            yield key, expanded(str(value))
        else:
            yield key, tuple(value) if isinstance(value, list) else value
