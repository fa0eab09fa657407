"""The one table of settings. Documentation, `tocsin config show` and every error message come from it.

A value comes from, in this order: an argument of `tocsin.install()`, the environment variable `TOCSIN_<NAME>`
(for secrets also `TOCSIN_<NAME>_FILE`), the file `tocsin.yml`, the default.
"""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

import yaml

PREFIX = "TOCSIN_"
CONFIG_FILE = "tocsin.yml"
PACKS = ("issues", "application", "host", "telemetry")

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read, and what the reader may be told about it."""

    allowed: str
    read: Callable[[object], object]


def _boolean(value: object) -> bool:
    return _BOOLEANS[str(value).strip().lower()]


def _duration(value: object) -> float:
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(value)
    return float(match[1]) * _SECONDS[match[2]]


def _count(value: object) -> int:
    count = int(str(value))
    if count < 1:
        raise ValueError(value)
    return count


def _names(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _packs(value: object) -> tuple[str, ...]:
    names = _names(value)
    if names == ("none",):
        return ()
    if set(names) - set(PACKS):
        raise ValueError(value)
    return names


def _url(value: object) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", str(value)):
        raise ValueError(value)
    return str(value)


BOOLEAN = Kind("true or false", _boolean)
COUNT = Kind("a whole number from 1", _count)
DURATION = Kind("a duration such as 500ms, 15s, 5m, 1h", _duration)
NAMES = Kind("a list, in the environment separated by commas", _names)
PACK_NAMES = Kind(f"a list of {', '.join(PACKS)}; or none", _packs)
PATH = Kind("a path", lambda value: Path(str(value)).expanduser())
TEXT = Kind("text", str)
URL = Kind("a URL that starts with http:// or https://", _url)


def _default_store() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "tocsin" / "tocsin.db"


def _setting(kind: Kind, default: object, doc: str, *, secret: bool = False) -> Any:
    metadata = {"kind": kind, "doc": doc, "secret": secret}
    return (
        field(default_factory=default, metadata=metadata)
        if callable(default)
        else field(default=default, metadata=metadata)
    )


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting with its value."""

    enabled: bool = _setting(BOOLEAN, True, "Off: Tocsin does nothing in this process, and says so.")
    store: Path = _setting(PATH, _default_store, "The SQLite file that all processes of the application share.")
    release: str = _setting(TEXT, "", "The release that runs, where the resource has no `service.version`.")
    in_app_include: tuple[str, ...] = _setting(
        NAMES, (), "Module prefixes that are the application's, wherever they are."
    )
    in_app_exclude: tuple[str, ...] = _setting(NAMES, (), "Module prefixes that are never the application's.")
    mask: bool = _setting(BOOLEAN, True, "Mask personal data and secrets before they reach the store or an exporter.")
    mask_ip: bool = _setting(BOOLEAN, False, "Mask IP addresses too.")
    flush_interval: float = _setting(DURATION, 1.0, "How often occurrences are written to the store.")
    metric_interval: float = _setting(DURATION, 15.0, "How often this process' metrics are written to the store.")
    exit_timeout: float = _setting(DURATION, 2.0, "How long the exit of the process may wait for telemetry to be sent.")
    queue_size: int = _setting(
        COUNT, 10_000, "Occurrences waiting to be written; beyond it they are dropped and counted."
    )
    evaluate: bool = _setting(BOOLEAN, True, "Off: this process never evaluates rules; others may.")
    evaluation_interval: float = _setting(
        DURATION, 15.0, "How often rules are evaluated where their group does not say."
    )
    packs: tuple[str, ...] = _setting(PACK_NAMES, PACKS, "Rule packs shipped with Tocsin that are evaluated.")
    rules: tuple[str, ...] = _setting(NAMES, (), "Your Prometheus rule files; patterns such as rules/*.yml.")
    alertmanager: Path | None = _setting(PATH, None, "Your alertmanager.yml; it replaces the receivers below.")
    webhook_url: str | None = _setting(
        URL, None, "Receives Alertmanager's webhook payload for every alert.", secret=True
    )
    slack_webhook_url: str | None = _setting(URL, None, "Slack's incoming webhook for every alert.", secret=True)
    alert_file: Path | None = _setting(PATH, None, "Every notification is appended here as a line of JSON.")
    alert_console: bool = _setting(BOOLEAN, False, "Write alerts to stderr.")
    group_wait: float = _setting(DURATION, 10.0, "How long the first notification of a group waits for more alerts.")
    group_interval: float = _setting(DURATION, 300.0, "How long later notifications of a group wait for more alerts.")
    repeat_interval: float = _setting(DURATION, 4 * 3600.0, "How long until an alert that still fires is sent again.")
    external_url: str = _setting(TEXT, "", "The address of a page about alerts, for links in notifications.")


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that cannot be used, with everything that is needed to mend it."""

    key: str
    value: str
    source: str
    fix: str

    def __str__(self) -> str:
        shown = f" = {self.value!r}" if self.value else ""
        return f"{self.key}{shown} ({self.source}): {self.fix}"


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration, where each of its values came from, and what could not be used."""

    config: Config
    sources: Mapping[str, str]
    problems: tuple[Problem, ...]


def table() -> tuple[Field[Any], ...]:
    """The settings: `name`, `metadata["kind"]`, `metadata["doc"]`, `metadata["secret"]`."""
    return fields(Config)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def default_of(setting: Field[Any]) -> object:
    """The value of a setting that nobody has set."""
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def load(arguments: Mapping[str, object] | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read all sources. Never raises: what cannot be used keeps its default and is listed in `problems`."""
    return _Reader(dict(arguments or {}), os.environ if environ is None else environ).read()


class _Reader:
    """One reading of all sources."""

    def __init__(self, arguments: dict[str, object], environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[Problem] = []
        self._layers: list[tuple[Mapping[str, object], Callable[[str], str]]] = [
            (arguments, lambda name: f"argument {name}"),
            (dict(self._environment()), variable),
        ]
        path = Path(environ.get(f"{PREFIX}CONFIG", CONFIG_FILE))
        self._layers.append((self._file(path), lambda _name: str(path)))

    def read(self) -> Settings:
        values: dict[str, object] = {}
        sources: dict[str, str] = {}
        for setting in table():
            for layer, source_of in reversed(self._layers):
                if setting.name in layer:
                    self._take(setting, layer[setting.name], source_of(setting.name), values, sources)
        config = Config(**cast("dict[str, Any]", values))
        return Settings(config, sources, tuple(self._problems))

    def _take(
        self, setting: Field[Any], given: object, source: str, values: dict[str, object], sources: dict[str, str]
    ) -> None:
        kind: Kind = setting.metadata["kind"]
        try:
            values[setting.name] = None if given is None else kind.read(given)
            sources[setting.name] = source
        except (ValueError, KeyError, TypeError):
            shown = "" if setting.metadata["secret"] else str(given)
            self._problems.append(Problem(setting.name, shown, source, f"must be {kind.allowed}"))

    def _environment(self) -> Iterator[tuple[str, object]]:
        secrets = {f"{variable(setting.name)}_FILE": setting.name for setting in table() if setting.metadata["secret"]}
        names = {variable(setting.name): setting.name for setting in table()}
        for key, value in self._environ.items():
            if key in names and value:
                yield names[key], value
            elif key in secrets and value:
                yield from self._secret(secrets[key], key, Path(value))
            elif key.startswith(PREFIX) and key not in names and key != f"{PREFIX}CONFIG":
                self._unknown(key, "environment", [*names, *secrets])

    def _secret(self, name: str, key: str, path: Path) -> Iterator[tuple[str, object]]:
        try:
            yield name, path.read_text(encoding="utf-8").strip()
        except OSError as error:
            self._problems.append(Problem(key, str(path), "environment", f"cannot be read: {error.strerror}"))

    def _file(self, path: Path) -> Mapping[str, object]:
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if f"{PREFIX}CONFIG" in self._environ:
                self._problems.append(Problem(f"{PREFIX}CONFIG", str(path), "environment", "there is no such file"))
            return {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            self._problems.append(Problem(str(path), "", "file", f"cannot be read: {' '.join(str(error).split())}"))
            return {}
        if not isinstance(content, dict):
            if content is not None:
                self._problems.append(Problem(str(path), "", "file", "must be a mapping of settings"))
            return {}
        names = [setting.name for setting in table()]
        for key in content.keys() - set(names):
            self._unknown(str(key), str(path), names)
        return {str(key): value for key, value in content.items()}

    def _unknown(self, key: str, source: str, known: list[str]) -> None:
        close = difflib.get_close_matches(key, known, n=1)
        fix = f"is not a setting; did you mean {close[0]}?" if close else "is not a setting; see `tocsin config docs`"
        self._problems.append(Problem(key, "", source, fix))
