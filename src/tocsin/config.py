"""The one table of settings. Documentation, `tocsin config show` and every error message come from it.

A value comes from, in this order: an argument of `tocsin.install()`, the environment variable `TOCSIN_<NAME>`
(for secrets also `TOCSIN_<NAME>_FILE`), the file `tocsin.yml`, the default.
"""

import difflib
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, make_dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from msgspec import Struct

from tocsin.errors.grouping import Grouping, RuleError
from tocsin.pack_thresholds import PACK_THRESHOLDS
from tocsin.setting_kinds import (
    AUTO,
    BOOLEAN,
    CATEGORIES,
    CONTEXT_PARTS,
    COUNT,
    DEFAULT_CONTEXT,
    DEFAULT_PACKS,
    DURATION,
    ENTRIES,
    GROUPING,
    GUARD,
    HASH_KEY,
    MASKING,
    MATCHERS,
    NAMES,
    NUMBER,
    OTLP,
    PACK_NAMES,
    PATH,
    PERCENTAGE,
    STATUS,
    TEXT,
    URL,
    URLS,
    Kind,
    read_yaml,
)

PREFIX = "TOCSIN_"
CONFIG_FILE = "tocsin.yml"
THRESHOLD = "threshold_"


def _default_store() -> Path:
    state = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
    try:
        return state.expanduser() / "tocsin" / "tocsin.db"
    except RuntimeError:  # a user without a home, as containers have them
        return Path(tempfile.gettempdir()) / f"tocsin-{os.getuid()}" / "tocsin.db"


def _setting(kind: Kind, default: object, doc: str, *, secret: bool = False, above_zero: bool = False) -> Any:
    metadata = {"kind": kind, "doc": doc, "secret": secret, "above_zero": above_zero}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Config:
    """Every setting with its value. Generated methods would take as long as all the imports."""

    enabled: bool = _setting(BOOLEAN, True, "Off: Tocsin does nothing in this process, and says so.")
    store: Path = _setting(PATH, _default_store, "The SQLite file that all processes of the application share.")
    store_size: float = _setting(
        NUMBER, 500.0, "Megabytes of data in the store from which on the oldest stack traces are dropped."
    )
    issue_retention: float = _setting(
        DURATION, 90 * 86400.0, "How long an issue is kept that is not seen any more.", above_zero=True
    )
    occurrence_retention: float = _setting(
        DURATION, 30 * 86400.0, "How long an occurrence's stack trace and context are kept.", above_zero=True
    )
    release: str = _setting(
        TEXT,
        "",
        "The release that runs, where the resource has no `service.version`; else the commit that the variables of"
        " platforms and CI name, or that git has checked out.",
    )
    environment: str = _setting(
        TEXT, "", "Where it runs (production, staging), where the resource has no `deployment.environment.name`."
    )
    context: tuple[str, ...] = _setting(
        CONTEXT_PARTS,
        DEFAULT_CONTEXT,
        "What is kept of sampled failures beside the stack trace, masked; `release` is guessing it, `source` the lines"
        " around the application's frames, `arguments` those of the exception, and its notes, `attributes` what"
        " `tocsin.set_context` was given; `baggage` are users and tenants that callers send along.",
    )
    local_variables: bool | str = _setting(
        AUTO,
        "auto",
        "Keep the local variables of the application's frames too, masked; auto: where the environment is development,"
        " local or test.",
    )
    in_app_include: tuple[str, ...] = _setting(
        NAMES, (), "Module prefixes that are the application's, wherever they are."
    )
    in_app_exclude: tuple[str, ...] = _setting(NAMES, (), "Module prefixes that are never the application's.")
    failed_requests: int | None = _setting(
        STATUS,
        500,
        "Requests answered with this HTTP status or above have failed and become issues, with or without an exception;"
        " 400: those that clients got wrong, too; none: exceptions that escape alone.",
    )
    grouping: Grouping = _setting(
        GROUPING,
        Grouping(),
        "Your own grouping of errors, in the notation of Sentry's fingerprint and stack trace rules.",
    )
    categories: Mapping[str, str] = _setting(
        CATEGORIES, dict, "Categories of your own exception types, by full or short name."
    )
    failed_calls: int | None = _setting(
        STATUS,
        None,
        "Calls that another service answers with this HTTP status or above become issues, raised or not; none: those"
        " that are raised.",
    )
    mask: bool = _setting(
        BOOLEAN,
        True,
        "Mask personal data and secrets in spans, log records, notifications and all that the store gets.",
    )
    mask_ip: bool = _setting(BOOLEAN, False, "Mask IP addresses too.")
    mask_hash_key: str | None = _setting(
        HASH_KEY,
        None,
        "With a key, placeholders hold a keyed hash, as in `[email:3fa94c2d71b0]`: the same for the same value.",
        secret=True,
    )
    masking: Mapping[str, object] = _setting(
        MASKING,
        dict,
        "Your own masking. Lists: `keys` (names whose values are masked whole, such as `customer_*`), `keep_keys`,"
        " `keep` (patterns of values that stay), `skip` (kinds that stay). A mapping: `patterns` (kinds to regular"
        " expressions). And `callback` (`package.module:function`).",
    )
    traceback_cache: bool = _setting(
        BOOLEAN, True, "Off: the standard library formats each traceback anew; the texts are the same."
    )
    flush_interval: float = _setting(DURATION, 1.0, "How often occurrences are written to the store.", above_zero=True)
    metric_interval: float = _setting(
        DURATION, 15.0, "How often this process' metrics are written to the store.", above_zero=True
    )
    exit_timeout: float = _setting(DURATION, 2.0, "How long the exit of the process may wait for telemetry to be sent.")
    queue_size: int = _setting(
        COUNT, 10_000, "Durations waiting to be recorded; beyond it they are dropped and counted. Failures never are."
    )
    evaluate: bool = _setting(BOOLEAN, True, "Off: this process never evaluates rules; others may.")
    evaluation_interval: float = _setting(
        DURATION, 15.0, "How often rules are evaluated where their group does not say.", above_zero=True
    )
    packs: tuple[str, ...] = _setting(PACK_NAMES, DEFAULT_PACKS, "Rule packs shipped with Tocsin that are evaluated.")
    rules: tuple[str, ...] = _setting(NAMES, (), "Your Prometheus rule files; patterns such as rules/*.yml.")
    thresholds: Mapping[str, object] = _setting(
        ENTRIES, dict, "Your own thresholds; each becomes a Prometheus rule, see `tocsin rules export`."
    )
    slo: Mapping[str, object] = _setting(
        ENTRIES,
        dict,
        "Your service level objectives; each becomes burn-rate alerts and an error budget, see `tocsin rules export`.",
    )
    otlp: Mapping[str, object] = _setting(
        OTLP,
        dict,
        "How metrics become series: the `otlp` block of prometheus.yml, such as {promote_resource_attributes:"
        " [deployment.environment.name]}. Shipped rules need the default translation_strategy.",
    )
    alertmanager: Path | None = _setting(PATH, None, "Your alertmanager.yml; it replaces the receivers below.")
    alertmanager_matchers: str = _setting(
        MATCHERS, "fallback", "How matchers in it are read; Alertmanager's flags are classic-mode and utf8-strict-mode."
    )
    notify: Mapping[str, object] = _setting(
        ENTRIES,
        dict,
        "Who is told of which alerts, without an alertmanager.yml: `{oncall: {pagerduty: ${KEY}, severity: [critical,"
        " emergency]}, default: {slack: ${URL}}}`; see `tocsin config routes show`.",
        secret=True,
    )
    receiver_terms: Mapping[str, object] = _setting(
        ENTRIES,
        dict,
        "What an alertmanager.yml cannot say of its receivers; `notify` has the same keys: `{oncall: {escalate_after:"
        " 15m, escalate_to: boss, max_per_hour: 20}}`.",
    )
    maintenance: Mapping[str, object] = _setting(
        ENTRIES,
        dict,
        "Times at which nobody is told of some alerts, as Alertmanager's `time_intervals` have them: `{deploys:"
        " {matchers: [job=shop], time_intervals: [{weekdays: [tuesday], times: [{start_time: '20:00', end_time:"
        " '21:00'}], location: Europe/Berlin}]}}`.",
    )
    cooldown: float = _setting(
        DURATION,
        0.0,
        "How long an alert fires on after its condition has ended, so that one that comes and goes is one alert; rules"
        " with a longer `keep_firing_for` keep it.",
    )
    alertmanagers: tuple[str, ...] = _setting(
        URLS,
        (),
        "Real Alertmanagers that get every alert and route it; nobody is told from here then.",
        secret=True,
    )
    webhook_url: str | None = _setting(
        URL, None, "Receives Alertmanager's webhook payload for every alert.", secret=True
    )
    slack_webhook_url: str | None = _setting(URL, None, "Slack's incoming webhook for every alert.", secret=True)
    otlp_endpoint: str | None = _setting(
        URL,
        None,
        "Where telemetry goes, as OTEL_EXPORTER_OTLP_ENDPOINT says, which is stronger; for an SDK configured in code:"
        " where providers without an exporter send to.",
    )
    sentry_dsn: str | None = _setting(
        URL, None, "A Sentry project, or one that speaks its protocol: every issue is an issue there too.", secret=True
    )
    alert_file: Path | None = _setting(PATH, None, "Every notification is appended here as a line of JSON.")
    alert_console: bool = _setting(BOOLEAN, False, "Write alerts to stderr.")
    group_wait: float = _setting(DURATION, 10.0, "How long the first notification of a group waits for more alerts.")
    group_interval: float = _setting(DURATION, 300.0, "How long later notifications of a group wait for more alerts.")
    repeat_interval: float = _setting(DURATION, 4 * 3600.0, "How long until an alert that still fires is sent again.")
    private_targets: str = _setting(
        GUARD, "allow", "deny: receivers refuse URLs whose host is at an address that is not public."
    )
    external_url: str = _setting(TEXT, "", "The address of a page about alerts, for links in notifications.")
    trace_url: str = _setting(
        TEXT, "", "The address of a trace in your backend, with {trace_id} in it, for links to it."
    )
    #: No setting: of those that were given, how strong their source is. 1 is the file, 2 the environment, 3 the code.
    ranks: Mapping[str, int] = field(default_factory=dict)

    def __init__(self, **values: Any) -> None:
        for each in fields(self):
            vars(self)[each.name] = values.pop(each.name) if each.name in values else default_of(each)
        if values:
            raise TypeError(f"there is no setting {', '.join(values)}")

    def __eq__(self, other: object) -> bool:
        """Whatever source the values came from."""
        return isinstance(other, Config) and {**vars(self), "ranks": {}} == {**vars(other), "ranks": {}}

    __hash__ = None  # type: ignore[assignment]  # holds mappings


_KIND_OF_UNIT = {"%": PERCENTAGE, "s": DURATION, "": NUMBER}

#: The settings above, and one for each threshold of a shipped rule: `threshold_cpu_warning`.
_Config: type[Config] = make_dataclass(
    "Config",
    [
        (f"{THRESHOLD}{each.name}", float, _setting(_KIND_OF_UNIT[each.unit], each.default, each.doc))
        for each in PACK_THRESHOLDS
    ],
    bases=(Config,),
    frozen=True,
    init=False,
    repr=False,
    eq=False,
)


class Problem(Struct, frozen=True):
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
    #: The `tocsin.yml`, whether there is one or not, and what was given in code: enough to read all sources again.
    file: Path = Path(CONFIG_FILE)
    arguments: Mapping[str, object] = field(default_factory=dict, repr=False)


def table() -> tuple[Field[Any], ...]:
    """The settings: `name`, and in `metadata`: `kind`, `doc`, `secret`, `above_zero`."""
    return tuple(each for each in fields(_Config) if each.metadata)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def default_of(setting: Field[Any]) -> object:
    """The value of a setting that nobody has set."""
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def changed_thresholds(config: Config) -> dict[str, float]:
    """The thresholds of shipped rules that differ from their defaults, by their names in the packs."""
    values = {each.name: getattr(config, f"{THRESHOLD}{each.name}", each.default) for each in PACK_THRESHOLDS}
    return {each.name: values[each.name] for each in PACK_THRESHOLDS if values[each.name] != each.default}


def load(arguments: Mapping[str, object] | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read all sources. Never raises: what cannot be used keeps its default and is listed in `problems`."""
    return _Reader(dict(arguments or {}), os.environ if environ is None else environ).read()


#: Setting → value as given and where.
Layer: TypeAlias = dict[str, tuple[object, str]]


class _Reader:
    """One reading of all sources."""

    def __init__(self, arguments: dict[str, object], environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[Problem] = []
        self._given = arguments
        self._path = Path(environ.get(f"{PREFIX}CONFIG") or CONFIG_FILE)
        self._layers = (self._arguments(arguments), self._environment(), self._file(self._path))

    def read(self) -> Settings:
        values: dict[str, object] = {}
        sources: dict[str, str] = {}
        ranks: dict[str, int] = {}
        for setting in table():
            for rank, layer in enumerate(reversed(self._layers), start=1):
                if setting.name in layer and self._take(setting, *layer[setting.name], values, sources):
                    ranks[setting.name] = rank
        config = _Config(**cast("dict[str, Any]", values), ranks=ranks)
        return Settings(config, sources, tuple(self._problems), self._path.absolute(), self._given)

    def _take(
        self, setting: Field[Any], given: object, source: str, values: dict[str, object], sources: dict[str, str]
    ) -> bool:
        """Whether the value can be used."""
        try:
            values[setting.name] = default_of(setting) if given is None else _read(setting, given)
            sources[setting.name] = source
            flaws = setting.metadata["kind"].flaws(values[setting.name])
            self._problems += (Problem(f"{setting.name}.{each.key}", each.value, source, each.fix) for each in flaws)
        except RuleError as error:
            self._problems.append(Problem(setting.name, "", source, str(error)))
        except (ValueError, KeyError, TypeError):
            shown = "" if setting.metadata["secret"] else str(given)
            self._problems.append(Problem(setting.name, shown, source, f"must be {_allowed(setting)}"))
        else:
            return True
        return False

    def _arguments(self, arguments: Mapping[str, object]) -> Layer:
        self._refuse_unknown(arguments, "argument", _names_of_settings())
        return {name: (value, f"argument {name}") for name, value in arguments.items()}

    def _environment(self) -> Layer:
        """The variable itself wins over the file that it may name instead."""
        names = {variable(setting.name): setting.name for setting in table()}
        files = {f"{variable(setting.name)}_FILE": setting.name for setting in table() if setting.metadata["secret"]}
        given = {key: value for key, value in self._environ.items() if key.startswith(PREFIX) and value}
        self._refuse_unknown(given.keys() - {f"{PREFIX}CONFIG"}, "environment", [*names, *files])
        found: Layer = {}
        for key in files.keys() & given.keys():
            found |= self._secret(files[key], key, Path(given[key]))
        return found | {names[key]: (given[key], key) for key in names.keys() & given.keys()}

    def _secret(self, name: str, key: str, path: Path) -> Layer:
        try:
            return {name: (path.read_text(encoding="utf-8").strip(), key)}
        except OSError as error:
            self._problems.append(Problem(key, str(path), "environment", f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            self._problems.append(Problem(key, str(path), "environment", "must be a file of UTF-8 text"))
        return {}

    def _file(self, path: Path) -> Layer:
        try:
            content = read_yaml(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if f"{PREFIX}CONFIG" in self._environ:
                self._problems.append(Problem(f"{PREFIX}CONFIG", str(path), "environment", "there is no such file"))
            return {}
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            self._problems.append(Problem(str(path), "", "file", f"cannot be read: {reason}"))
            return {}
        if not isinstance(content, dict):
            if content is not None:
                self._problems.append(Problem(str(path), "", "file", "must be a mapping of settings"))
            return {}
        self._refuse_unknown(map(str, content), str(path), _names_of_settings())
        return {str(key): (value, str(path)) for key, value in content.items()}

    def _refuse_unknown(self, keys: Iterable[str], source: str, known: Collection[str]) -> None:
        for key in sorted(set(keys) - set(known)):
            close = difflib.get_close_matches(key, known, n=1)
            fix = f"did you mean {close[0]}?" if close else "see `tocsin config docs`"
            self._problems.append(Problem(key, "", source, f"is not a setting; {fix}"))


def _names_of_settings() -> list[str]:
    return [setting.name for setting in table()]


def _read(setting: Field[Any], given: object) -> object:
    value = setting.metadata["kind"].read(given)
    if setting.metadata["above_zero"] and not value:
        raise ValueError(given)
    return value


def _allowed(setting: Field[Any]) -> str:
    above = ", above 0" if setting.metadata["above_zero"] else ""
    return f"{setting.metadata['kind'].allowed}{above}"
