"""Java, and what prints like it: Kotlin, Scala, and OpenTelemetry for PHP."""

import re
from collections.abc import Iterator, Sequence

from tocsin.errors.failure import MAX_CHAIN, MAX_MESSAGE, Failure, Frame, bounded

_HEADER = re.compile(r'(?:Exception in thread "[^"\n]*" |Caused by: )?(?P<type>[\w$.\\/-]+)(?:: (?P<message>.*))?')
_FRAME = re.compile(r"\s+at (?:[^\s/(]*//?|[\w.@-]+/)?(?P<place>[^\s(]+)\((?P<file>[^():]*)(?::(?P<line>\d+))?\)?")
_MORE = re.compile(r"\s+\.\.\. (?P<count>\d+) (?:more|common frames omitted)")
#: What compilers and proxies add to names, different each time.
_GENERATED = re.compile(r"\$\$(?:Lambda|Enhancer|FastClass|SpringCGLIB)?[\w$/]*|\$\d+|(?<=lambda)\$|(?<=[a-z])\d+$")
_LIBRARIES = re.compile(
    r"(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|android|androidx|dalvik"
    r"|org\.(?:springframework|apache|hibernate|eclipse|jboss|junit|slf4j|aspectj|postgresql|mariadb|mongodb|jooq|mockito|gradle"
    r"|glassfish|codehaus|reactivestreams|thymeleaf|quartz|yaml|xml|w3c)|io\.(?:netty|undertow|grpc|opentelemetry|micrometer"
    r"|vertx|quarkus|micronaut|reactivex|lettuce|micrometer|ktor|projectreactor)|com\.(?:fasterxml|google|zaxxer|mysql|oracle"
    r"|microsoft|amazonaws|netflix|datastax|squareup|mongodb|rabbitmq)|ch\.qos|reactor|rx|okhttp3|okio|retrofit2|feign|akka|play"
    r"|software\.amazon|net\.bytebuddy|lombok|redis\.clients|brave)\."
)


def parse(text: str) -> Failure:
    """The failure, with each `Caused by:` as its cause."""
    blocks = list(_blocks(text.split("\n")))[:MAX_CHAIN]
    frames: list[tuple[Frame, ...]] = []
    for block in blocks:
        frames.append(_frames(block[1:], frames[-1] if frames else ()))
    failure: Failure | None = None
    for block, own in zip(reversed(blocks), reversed(frames), strict=True):
        failure = _failure(block, own, failure)
    return failure or Failure("", "")


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines of each exception, its header first; suppressed exceptions decide nothing."""
    block: list[str] = []
    for line in lines:
        if line.startswith("Caused by: "):
            yield block
            block = []
        if block or line.strip():
            block.append(line)
    yield block


def _failure(block: Sequence[str], frames: tuple[Frame, ...], cause: Failure | None) -> Failure:
    header = _HEADER.fullmatch(block[0]) if block else None
    if header is None:
        return Failure("", "", frames, cause=cause, cause_is_explicit=cause is not None)
    rest = (line for line in block[1:] if not _FRAME.match(line) and not _MORE.match(line))
    message = "\n".join((header["message"] or "", *rest)).strip()
    kind = header["type"].replace("\\", ".")
    return Failure(kind, message[:MAX_MESSAGE], frames, cause=cause, cause_is_explicit=cause is not None)


def _frames(lines: Sequence[str], enclosing: Sequence[Frame]) -> tuple[Frame, ...]:
    """The frames, the outermost first; those that an exception shares with the one it caused are printed there only."""
    found: list[Frame] = []
    for line in lines:
        if line.strip().startswith("Suppressed: "):
            break
        if match := _FRAME.match(line):
            found.append(_frame(match))
        elif more := _MORE.match(line):
            return (*enclosing[: int(more["count"])], *reversed(bounded(found)))
    return tuple(reversed(bounded(found)))


def _frame(match: re.Match[str]) -> Frame:
    module, _, function = match["place"].replace("\\", ".").rpartition(".")
    is_library = _LIBRARIES.match(f"{module}.") is not None or not match["file"] or "/vendor/" in match["file"]
    clean = _GENERATED.sub("", module)
    return Frame(clean, _GENERATED.sub("", function), match["file"], int(match["line"] or 0), is_library=is_library)
