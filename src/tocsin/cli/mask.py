"""`tocsin mask`: masks a stream of text, for anybody to try on data of their own."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

import click

from tocsin.cli.options import load_settings
from tocsin.masking import masker_of
from tocsin.privacy import Masker

#: Lines of a private key's block that are held back until its end.
_MOST_HELD = 1_000
_BEGIN, _KEY, _END = "-----BEGIN ", "PRIVATE KEY", "-----END "


@click.command()
@click.option("--report", is_flag=True, help="Say on stderr how many values of each kind were masked.")
def mask(*, report: bool) -> None:
    """Copy stdin to stdout with personal data and secrets masked, line by line as they come.

    The settings `mask_ip`, `mask_hash_key` and `masking` hold; it masks where `mask` is off, too. Bytes that are no
    UTF-8 are passed on.
    """
    masker = masker_of(load_settings(None).config, enabled=True)
    counts: Counter[str] = Counter()
    lines = (line.decode("utf-8", "surrogateescape") for line in sys.stdin.buffer)
    sink = sys.stdout.buffer
    for text in masked_lines(lines, masker, counts):
        sink.write(text.encode("utf-8", "surrogateescape"))
        sink.flush()
    if report:
        click.echo("\n".join(_lines(counts)), err=True)


def masked_lines(lines: Iterable[str], masker: Masker, counts: Counter[str]) -> Iterator[str]:
    """Every line masked; the lines of a private key together. What was found is counted by kind."""
    for text in _together(lines):
        masked = masker.inspect(text)
        counts.update(masked.found)
        yield masked.text


def _together(lines: Iterable[str]) -> Iterator[str]:
    """Single lines, and blocks of private keys; a block without an end is cut, and masked to where it is cut."""
    held: list[str] = []
    for line in lines:
        if held or (_BEGIN in line and _KEY in line and _END not in line):
            held.append(line)
            if _END not in line and len(held) < _MOST_HELD:
                continue
            yield "".join(held)
            held.clear()
        else:
            yield line
    if held:
        yield "".join(held)


def _lines(counts: Counter[str]) -> Iterator[str]:
    if not counts:
        yield "nothing was masked"
    for kind, count in counts.most_common():
        yield f"{count:8}  {kind}"
