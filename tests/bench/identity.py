"""What identification costs: exported errors a second of one core, and microseconds for a failure seen before."""

import os
import time
from pathlib import Path

import msgspec

from tocsin.cli.fingerprint import attributes_of, described, failure_in
from tocsin.errors import Recognizer, identify

SHARED = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).parents[3] / "shared"))
ROUNDS = 15


def best(call):
    """CPU seconds of the fastest of some rounds: what others do on the machine only adds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


def exported(lines):
    for line in lines:
        attributes = attributes_of(msgspec.json.decode(line))
        msgspec.json.encode(described(identify(failure_in(attributes), attributes=attributes)))


def descend(depth):
    if depth <= 1:
        raise ValueError(f"order {depth} is lost")
    return descend_again(depth - 1)


def descend_again(depth):
    if depth <= 1:
        raise ValueError(f"order {depth} is lost")
    return descend(depth - 1)


def raised(depth):
    try:
        descend(depth - 1)
    except ValueError as error:
        return error


def warm(depth, calls=2000):
    """Microseconds for one failure whose stack has this depth."""
    recognizer, error = Recognizer(), raised(depth)
    recognizer.identify(error, handled=False)

    def again():
        for _ in range(calls):
            recognizer.identify(error, handled=False)

    return best(again) / calls * 1e6


def main():
    for depth in (12, 50):
        print(f"identify, warm, {depth} frames      {warm(depth):6.1f} µs")
    corpus = SHARED / "corpus" / "grouping-dev" / "events.jsonl"
    if not corpus.exists():
        print(f"identify, exported errors: no corpus at {corpus}; set TOCSIN_SHARED")
        return
    lines = corpus.read_bytes().splitlines()
    for times in (1, 4):
        seconds = best(lambda times=times: exported(lines * times))
        count = len(lines) * times
        print(f"identify, {count:4} exported errors {count / seconds:8.0f} a second of one core")


if __name__ == "__main__":
    main()
