"""Everything that is found in a text, put together, and replaced."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial

from tocsin.privacy import addresses, escapes, ibans, numbers, pairs, phones, sql, stacks, tokens
from tocsin.privacy.keys import is_secret
from tocsin.privacy.masked import Masked
from tocsin.privacy.patterns import pieces
from tocsin.privacy.placeholder import PLACEHOLDER, placeholder
from tocsin.privacy.policy import Policy
from tocsin.privacy.reading import Finding, Reading, read

#: Behind the name of a secret, this would be one.
_PROBE = "x7Kq9Zt2"
#: Last frames that are remembered with the type behind them, mostly of some 200 characters; and all frames of a stack
#: trace together, by their hash.
_HEADS, _STACKS = 1_024, 8_192
Detector = Callable[[Reading], Iterable[Finding]]

#: Text up to here is glanced at before it is read: asking every detector takes longer than its characters do.
_GLANCE = 256
#: Whatever is found, but for numbers, has one of these in it, in lower case: what separates a name from its value or
#: ends it, what begins a block or an option, words before a credential, or the long run of a token.
_SIGNS = re.compile(rb"[=:@>~\[]|[\"'],|--|'|hook|basic |bearer |failing row|[a-z0-9_-]{18}")


class Detection:
    """All detectors of a policy. Of findings that overlap, all goes, under the name of the first in this order."""

    def __init__(self, policy: Policy, *, ips: bool, hash_key: bytes) -> None:
        self._policy = policy
        self._hash_key = hash_key
        #: What a policy, or the wish for addresses, adds may be anywhere.
        self._is_usual = not (policy.patterns or ips)
        names = pairs.names(key.replace("*", "").replace("?", "") for key in policy.keys)
        self._detectors: tuple[Detector, ...] = (
            *(partial(_user_pattern, kind, pattern) for kind, pattern in policy.patterns.items()),
            tokens.private_keys,
            pairs.userinfo,
            pairs.headers,
            partial(pairs.named, pattern=names, is_secret=self.is_secret),
            tokens.tokens,
            sql.statements,
            addresses.emails,
            ibans.ibans,
            numbers.numbers,
            phones.phones,
            *((addresses.ips,) if ips else ()),
        )
        self._is_clean_before = lru_cache(_HEADS)(lambda head: not self._found(head + _PROBE))
        self._clean_stacks: set[tuple[int, int]] = set()

    def is_secret(self, key: str) -> bool:
        """Whether values under this name are masked whole."""
        policy = self._policy
        return (is_secret(key) or policy.masks(key)) and not policy.keeps(key)

    def is_telling(self, key: str) -> bool:
        """Whether a number under this name is somebody's because of it."""
        return numbers.is_telling(key)

    def without_literals(self, statement: str) -> str:
        """SQL with `?` for every literal."""
        return sql.literals(statement)

    def inspect(self, text: str) -> Masked:
        """The text with every finding replaced, and what was found. Cost is linear in its length."""
        head = stacks.head(text)
        if head and self._is_glanced_at(text[len(head) :]) and self._is_clean_before(head):
            return Masked(text)
        if text.startswith(stacks.BEGINNING):
            return self._inspect_stack(text)
        return self._inspect(text)

    def _inspect_stack(self, text: str) -> Masked:
        """Stack traces repeat, and take long."""
        known = hash(text), len(text)
        if known in self._clean_stacks:
            return Masked(text)
        masked = self._inspect(text)
        if not masked.found:
            if len(self._clean_stacks) >= _STACKS:
                self._clean_stacks.clear()
            self._clean_stacks.add(known)
        return masked

    def _inspect(self, text: str) -> Masked:
        found = self._found(text)
        if not found:
            return Masked(text)
        findings = list(self._wanted(text, _disjoint(found)))
        return Masked(self._replaced(text, findings), tuple(finding.kind for finding in findings))

    def _found(self, text: str) -> list[tuple[int, int, str, int]]:
        return self._found_decoded(text) if escapes.has_codes(text) else self._found_plainly(text)

    def _found_plainly(self, text: str) -> list[tuple[int, int, str, int]]:
        reading = read(text)
        if self._is_plain(reading):
            return []
        return [(*finding, rank) for rank, detector in enumerate(self._detectors) for finding in detector(reading)]

    def _is_glanced_at(self, message: str) -> bool:
        """Whether a message is nothing but, perhaps, the value of a name before it."""
        return not escapes.has_codes(message) and self._is_plain(read(message))

    def _is_plain(self, reading: Reading) -> bool:
        return self._is_usual and len(reading.text) <= _GLANCE and _is_plain(reading)

    def _found_decoded(self, text: str) -> list[tuple[int, int, str, int]]:
        """As `_found_plainly`, in the text with its codes resolved."""
        decoded, places = escapes.decode(text)
        return [(places[start], places[end], kind, rank) for start, end, kind, rank in self._found_plainly(decoded)]

    def _wanted(self, text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Not what is a placeholder already, of a kind that is not looked for, or on the application's list."""
        policy = self._policy
        placed = [match.span() for match in PLACEHOLDER.finditer(text)] if "[" in text else []
        for finding in findings:
            is_placed = any(start <= finding.start and finding.end <= end for start, end in placed)
            if is_placed or finding.kind in policy.skip:
                continue
            if not any(pattern.fullmatch(text, finding.start, finding.end) for pattern in policy.keep):
                yield finding

    def _replaced(self, text: str, findings: Iterable[Finding]) -> str:
        done = 0
        kept: list[str] = []
        for start, end, kind in findings:
            kept += text[done:start], placeholder(kind, text[start:end], self._hash_key)
            done = end
        return "".join((*kept, text[done:]))


def _is_plain(reading: Reading) -> bool:
    """Whether a glance is enough to see that nothing can be found."""
    shape = reading.shape
    is_numbered = b"AA00" in shape or b"aa00" in shape or b"+0" in shape or b"(000)" in shape
    return not (is_numbered or numbers.are_possible(shape) or _SIGNS.search(reading.lower))


def _disjoint(found: list[tuple[int, int, str, int]]) -> Iterator[Finding]:
    """Findings from left to right; those that overlap are one, of the kind with the lowest rank."""
    found.sort()
    start, end, kind, rank = found[0]
    for next_start, next_end, next_kind, next_rank in found[1:]:
        if next_start >= end:
            yield Finding(start, end, kind)
            start, end, kind, rank = next_start, next_end, next_kind, next_rank
            continue
        end = max(end, next_end)
        if next_rank < rank:
            kind, rank = next_kind, next_rank
    yield Finding(start, end, kind)


def _user_pattern(kind: str, pattern: re.Pattern[str], reading: Reading) -> Iterator[Finding]:
    for offset, piece in pieces(reading.text):
        yield from (
            Finding(offset + match.start(), offset + match.end(), kind) for match in pattern.finditer(piece) if match[0]
        )
