"""`tocsin fingerprint`: which issue each of somebody's own errors would be, and why."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

import click
import msgspec

from tocsin.cli.occurrences import Answer, Occurrences, occurrence_of
from tocsin.cli.options import load_settings
from tocsin.config import Config
from tocsin.errors import Failure, Identity, InApp, identify, load_categories, parse_stacktrace
from tocsin.masking import masker_of
from tocsin.notices import notices

_TYPE, _MESSAGE, _STACKTRACE = "exception.type", "exception.message", "exception.stacktrace"
#: Text without what nobody should read.
Mask: TypeAlias = Callable[[str], str]
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class LineError(ValueError):
    """A line that is no error to identify; the message says why."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@click.option("--raw", is_flag=True, help="Leave personal data and secrets in titles and values unmasked.")
def fingerprint(*, file: Path, raw: bool) -> None:
    """Identify the errors in FILE, or on standard input: a JSON object a line, with OpenTelemetry's attribute names.

    They are exception.type, exception.message, exception.stacktrace and any other attribute of a span or log record,
    at the top or below "attributes"; "id" comes back. A log record without an exception is its "body". Records with
    the same "trace_id" that tell of the same failure are one occurrence.

    Writes a JSON object a line: id, fingerprint, title, culprit, category, severity, and components, each with name,
    value and why it counts; title and values are masked as everywhere, which changes no fingerprint. A line that cannot
    be read is reported with its number, and the exit code is 1.
    """
    config = load_settings(None).config
    mask = str if raw else masker_of(config).mask
    for problem in load_categories(config.categories):
        notices.say(problem)
    if str(file) == "-":
        failed = _identify_lines(sys.stdin.buffer, config, mask, flush=True)
    else:
        try:
            with file.open("rb") as lines:
                failed = _identify_lines(lines, config, mask)
        except OSError as error:
            raise click.ClickException(f"cannot read {file}: {error.strerror}") from error
    if failed:
        raise click.exceptions.Exit(1)


def _identify_lines(lines: BinaryIO, config: Config, mask: Mask, *, flush: bool = False) -> int:
    """Answer each line as it comes; returns how many could not be read."""
    failed = 0
    in_app = in_app_of(config)
    occurrences = Occurrences()
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        try:
            answer = _answer(line, config, in_app)
        except LineError as error:
            failed += 1
            click.echo(f"line {number}: {error}", err=True)
        else:
            _write(occurrences.settle(answer), mask, flush=flush)
    _write(occurrences.rest(), mask, flush=True)
    return failed


def _write(answers: Iterable[Answer], mask: Mask, *, flush: bool) -> None:
    for answer in answers:
        sys.stdout.buffer.write(_encode({"id": answer.record_id, **described(answer.identity, mask)}) + b"\n")
    if flush:
        sys.stdout.buffer.flush()


def in_app_of(config: Config) -> InApp:
    """What the settings say is the application's."""
    return InApp(config.in_app_include, config.in_app_exclude, config.grouping.frame_rules)


def _answer(line: bytes, config: Config, in_app: InApp) -> Answer:
    try:
        record = _decode(line)
    except msgspec.DecodeError as error:
        raise LineError(f"is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise LineError(f"must be a JSON object, not {type(record).__name__}")
    attributes = attributes_of(record)
    failure = failure_in(attributes)
    identity = identify(
        failure,
        in_app=in_app,
        grouping=config.grouping,
        handled=_is_handled(attributes),
        attributes=attributes,
    )
    return Answer(record.get("id"), identity, occurrence_of(failure, attributes))


def described(identity: Identity, mask: Mask = str) -> dict[str, object]:
    """A verdict with what it is made of."""
    return {
        "fingerprint": identity.fingerprint,
        "title": mask(identity.title),
        "culprit": identity.culprit,
        "category": identity.category,
        "severity": identity.severity,
        "components": [{"name": each.name, "value": mask(each.value), "why": each.why} for each in identity.components],
    }


def attributes_of(record: Mapping[str, object]) -> dict[str, object]:
    """The attributes of a record: at its top, below `attributes`, or in a list as OTLP/JSON has them."""
    nested = record.get("attributes", {})
    if isinstance(nested, list):
        nested = dict(_otlp(nested))
    if not isinstance(nested, dict):
        raise LineError(f'"attributes" must be an object or a list, not {type(nested).__name__}')
    top = {name: value for name, value in record.items() if name not in {"attributes", "id"}}
    return {**top, **nested}


def _otlp(pairs: list[object]) -> Iterator[tuple[str, object]]:
    for pair in pairs:
        if not isinstance(pair, dict) or not isinstance(pair.get("value"), dict):
            raise LineError('each of a list of "attributes" must have "key" and "value"')
        yield str(pair.get("key")), next(iter(pair["value"].values()), "")


def failure_in(attributes: Mapping[str, object]) -> Failure:
    """The failure that attributes tell of. Raises `LineError` where there is none."""
    kind, message, stacktrace = (_text(attributes, name) for name in (_TYPE, _MESSAGE, _STACKTRACE))
    if kind or message or stacktrace:
        return parse_stacktrace(kind, message, stacktrace)
    if body := _text(attributes, "body"):
        return Failure.of_message(body)
    raise LineError(f"has none of {_TYPE}, {_MESSAGE}, {_STACKTRACE} and body")


def _text(attributes: Mapping[str, object], name: str) -> str:
    value = attributes.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LineError(f'"{name}" must be text, not {type(value).__name__}')
    return value


def _is_handled(attributes: Mapping[str, object]) -> bool:
    handled = attributes.get("tocsin.error.handled")
    return handled is True or str(handled).lower() == "true"
