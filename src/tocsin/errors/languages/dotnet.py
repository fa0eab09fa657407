""".NET: `Exception.ToString()`, with ` ---> ` before each inner exception."""

import re
from collections.abc import Sequence

from tocsin.errors.failure import MAX_CHAIN, MAX_MESSAGE, Failure, Frame, bounded

_FRAME = re.compile(r"\s+at (?P<place>[^\s(]+(?: [^\s(]+)*?)\s?\(.*?\)(?: in (?P<path>.+):line (?P<line>\d+))?\s*")
_HEADER = re.compile(
    r"(?:Unhandled exception\. )?(?:\(Inner Exception #\d+\) )?(?P<type>[\w.+`]+)(?: \([^)]*\))?: ?(?P<message>.*)"
)
_INNER = " ---> "
_END = "--- End of inner exception stack trace ---"
#: What the compiler makes of async methods, lambdas and local functions: the method they are in.
_STATE_MACHINE = re.compile(r"\.?<(?P<method>\w+)>[a-z]__[\w|]*(?:\.MoveNext)?$|`\d+|\[.*")
_CLOSURE = re.compile(r"\.?<>c(?:__DisplayClass[\w]*)?")
_LIBRARIES = re.compile(
    r"(?:System|Microsoft|Newtonsoft|Npgsql|Dapper|MediatR|Polly|Serilog|NLog|Grpc|Google|Amazon|Azure|StackExchange|MySql"
    r"|MongoDB|RabbitMQ|MassTransit|Hangfire|AutoMapper|Castle|Xunit|NUnit|Moq|Autofac|OpenTelemetry|RestSharp|Refit|lambda_method)\b"
)


def parse(text: str) -> Failure:
    """The failure, with its inner exceptions as causes."""
    lines = text.replace(_INNER, "\n" + _INNER).split("\n")
    headers = [line for line in lines if line.startswith(_INNER)]
    first = next((line for line in lines if line.strip()), "")
    stacks: list[list[str]] = [[]]
    for line in lines:
        if line.strip() == _END:
            stacks.append([])
        else:
            stacks[-1].append(line)
    failure: Failure | None = None
    # The innermost exception is named last, and its frames come first.
    links = list(zip([*reversed(headers), first], stacks, strict=False))
    for header, stack in links[-MAX_CHAIN:]:
        failure = _failure(header.removeprefix(_INNER), stack, failure)
    return failure or Failure("", "")


def _failure(header: str, stack: Sequence[str], cause: Failure | None) -> Failure:
    found = _HEADER.fullmatch(header.strip())
    frames = bounded([_frame(call) for line in stack if (call := _FRAME.fullmatch(line))])
    return Failure(
        found["type"] if found else "",
        (found["message"] if found else "")[:MAX_MESSAGE],
        tuple(reversed(frames)),
        cause=cause,
        cause_is_explicit=cause is not None,
    )


def _frame(call: re.Match[str]) -> Frame:
    place = _CLOSURE.sub("", call["place"])
    place = _STATE_MACHINE.sub(lambda match: "." + match["method"] if match["method"] else "", place)
    module, _, function = place.replace("..", ".").rpartition(".")
    is_library = _LIBRARIES.match(place) is not None
    return Frame(module, function, call["path"] or "", int(call["line"] or 0), is_library=is_library)
