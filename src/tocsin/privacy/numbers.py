"""Numbers that identify somebody: cards, national ids, telephone numbers in their usual groups.

A number is looked for by its shape, then told by its check digits; where it has none, or weak ones, by words before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.privacy import national, phones, shapes
from tocsin.privacy.cards import is_card
from tocsin.privacy.reading import Finding, Reading

#: Characters before a number in which a word may say what it is.
_NEARBY = 48
_SHORTEST_RUN = b"0" * 7
_RUN = re.compile(_SHORTEST_RUN + rb"0*")  # many times faster than `0{7,}`, which does not begin with a literal
_ID_WORDS = (
    r"national[ _.-]?id|identity|citizen|personal[ _.-]?(?:id|n)|tax[ _.-]?(?:id|payer|n)"
    r"|\bn?id[ _.-]?(?:card|no|num|nr)|\b[nt]in\b"
)


def _words(pattern: str) -> re.Pattern[bytes]:
    return re.compile(rf"{pattern}|{_ID_WORDS}".encode())


#: Names of telephones shortly before a number, and verbs right before it.
_PHONE_WORDS = re.compile(
    rb"(?:phone|mobil|telef|\btel\b|\bfax|\bcell\b|\bsms\b|whatsapp|msisdn|\bhandy|celular|rufnummer)[^\d\n]{0,20}\Z"
    rb"|\b(?:call|dial|ring|contact)(?:ed|s|ing|er|ee)?(?: (?:me|us|him|her|them|at|on|to|from|number|no|back))*"
    rb"[: =\"']{1,4}\Z"
)


@dataclass(frozen=True, slots=True)
class Number:
    """One way to write one kind of number.

    `shapes` are as `shapes.shape_of` gives them. `test` gets the digits and letters alone. A number of which `words`
    are given counts only behind one of them. `separators` are allowed between its groups; all of them have to be the
    same unless they are `mixed`.
    """

    kind: str
    shapes: tuple[bytes, ...]
    test: national.Test
    words: re.Pattern[bytes] | None = None
    separators: str = " -."
    mixed: bool = False
    #: Whether more groups around it make it something else; behind a card there may be its date.
    whole: bool = False


def _plain(*lengths: int) -> tuple[bytes, ...]:
    return tuple(b"0" * length for length in lengths)


_SSN_WORDS = _words(r"\bssn|social[ _.-]?sec")
_BSN_WORDS = _words(r"\bbsn|burgerservice|\bsofi")
_SIN_WORDS = _words(r"\bsin\b|social[ _.-]?insurance")
_PNR_WORDS = _words(r"person[a-z]*[ _.-]?n|\bpnr|samordning|birth")
_UID_WORDS = _words(r"aa?dhaa?r|\buid")
_RRN_WORDS = _words(r"rijksregister|registre|\brrn|\bniss\b|\binsz\b")

#: Part of a shape that is searched for → the numbers that have it. The first that fits wins.
_GROUPED: dict[bytes, tuple[Number, ...]] = {
    b"0000-0000-0000": (
        Number("card", (b"0000-0000-0000-0000-000", b"0000-0000-0000-0000", b"0000-0000-0000-0"), is_card),
        Number("aadhaar", (b"0000-0000-0000",), national.is_aadhaar, whole=True),
    ),
    b"0000-000000-0000": (Number("card", (b"0000-000000-00000", b"0000-000000-0000"), is_card),),
    b"000-00-0000": (Number("ssn", (b"000-00-0000",), national.is_ssn),),
    b"000-000-000": (
        Number("cnpj", (b"00-000-000-0000-00",), national.is_cnpj, separators="./-", mixed=True),
        Number("cpf", (b"000-000-000-00",), national.is_cpf, separators=".-", mixed=True),
        Number("de_tax_id", (b"00-000-000-000",), national.is_de_tax_id, separators=" ", whole=True),
        Number("phone", (b"000-000-0000",), phones.is_north_american, separators="-.", whole=True),
        Number("phone", (b"000-000-0000",), phones.is_north_american, _PHONE_WORDS, separators=" ", whole=True),
        Number("phone", (b"000-000-000",), phones.is_dialled, _PHONE_WORDS, whole=True),
        Number("sin", (b"000-000-000",), national.is_sin, _SIN_WORDS),
        Number("bsn", (b"000-000-000",), national.is_bsn, _BSN_WORDS),
    ),
    b"000000-0000": (
        Number("personnummer", (b"00000000-0000", b"000000-0000"), national.is_personnummer, separators="-"),
    ),
    b"-00-000-": (
        Number("nir", (b"0-00-00-00-000-000-00",), national.is_nir),
        Number("rrn", (b"00-00-00-000-00",), national.is_rrn, separators=".- ", mixed=True),
    ),
    b"-00-00-00-00": (Number("phone", (b"00-00-00-00-00",), phones.is_dialled, _PHONE_WORDS),),
    b"-0000-0000-00": (Number("ahv", (b"000-0000-0000-00",), national.is_ahv),),
    b"000000A": (
        Number("nino", (b"AA000000A",), national.is_nino),
        Number("dni", (b"00000000A", b"A0000000A"), national.is_dni),
    ),
    b"0-A": (
        Number("nino", (b"AA-00-00-00-A",), national.is_nino),
        Number("nino", (b"AA-000000-A",), national.is_nino),
        Number("dni", (b"00000000-A", b"00-000-000-A", b"A-0000000-A"), national.is_dni, separators=".- ", mixed=True),
    ),
    b"AAAAAA00A": (Number("codice_fiscale", (b"AAAAAA00A00A000A",), national.is_codice_fiscale),),
}

#: What all of these have in them, but for those with a letter behind many digits: groups as no date has them.
_GROUPS = re.compile(rb"00-00(?:(?<=000-00)(?:0|-0000)|(?<=-00-00)(?:0-00|-00-00)|(?<=A-00-00)-00)")
#: Number of digits in a row → what they may be.
_RUNS: dict[int, tuple[Number, ...]] = {}
for _number in (
    Number("phone", _plain(*range(7, 16)), phones.is_dialled, _PHONE_WORDS),
    Number("cnpj", _plain(14), national.is_plain_cnpj),
    Number("card", _plain(13, 14, 15, 16, 17, 18, 19), is_card),
    Number("nir", _plain(15), national.is_nir),
    Number("ahv", _plain(13), national.is_ahv),
    Number("pesel", _plain(11), national.is_pesel),
    Number("de_tax_id", _plain(11), national.is_de_tax_id),
    Number("cpf", _plain(11), national.is_cpf),
    Number("rrn", _plain(11), national.is_rrn, _RRN_WORDS),
    Number("aadhaar", _plain(12), national.is_aadhaar, _UID_WORDS),
    Number("personnummer", _plain(10, 12), national.is_personnummer, _PNR_WORDS),
    Number("ssn", _plain(9), national.is_ssn, _SSN_WORDS),
    Number("bsn", _plain(9), national.is_bsn, _BSN_WORDS),
    Number("sin", _plain(9), national.is_sin, _SIN_WORDS),
):
    for _shape in _number.shapes:
        _RUNS[len(_shape)] = (*_RUNS.get(len(_shape), ()), _number)


#: Names whose numbers are somebody's.
_TELLING = (_PHONE_WORDS, _SSN_WORDS, _BSN_WORDS, _SIN_WORDS, _PNR_WORDS, _UID_WORDS, _RRN_WORDS)


def is_telling(key: str) -> bool:
    """Whether a name says that a number under it is a telephone number or a national id."""
    label = f"{key.lower().replace('_', ' ')}=".encode()
    return any(words.search(label) for words in _TELLING)


def numbers(reading: Reading) -> Iterator[Finding]:
    """Every number that identifies somebody."""
    shape = reading.shape
    if _has_groups(shape):
        for part, candidates in _GROUPED.items():
            if part in shape:
                yield from _grouped(reading, candidates)
        yield from _trunk(reading)
    if _SHORTEST_RUN in shape:
        for run in _RUN.finditer(shapes.without_fractions(reading.lower)):
            yield from _run(reading, *run.span())


def are_possible(shape: bytes) -> bool:
    """Whether there may be any: no text without it has one."""
    return _SHORTEST_RUN in shape or _has_groups(shape)


def _has_groups(shape: bytes) -> bool:
    return _has_lettered(shape) or _GROUPS.search(shape) is not None


def _has_lettered(shape: bytes) -> bool:
    """What most text has none of is asked for first."""
    if b"A" not in shape:
        return False
    return b"AAAAAA00A" in shape or (b"000000" in shape and (b"000000A" in shape or b"000000-A" in shape))


def _trunk(reading: Reading) -> Iterator[Finding]:
    for start, end in phones.trunk_candidates(reading):
        is_certain = phones.is_abroad(reading.text[start:end]) and reading.shape[max(start - 2, 0) : start] != b"0-"
        if stands_alone(reading, start, end) and (is_certain or is_told(reading, start, _PHONE_WORDS)):
            yield Finding(start, end, "phone")


def _grouped(reading: Reading, candidates: tuple[Number, ...]) -> Iterator[Finding]:
    taken: set[int] = set()
    for number in candidates:
        for shape in number.shapes:
            for start in shapes.positions(reading.shape, shape):
                end = start + len(shape)
                if start not in taken and stands_alone(reading, start, end) and _is(number, reading, start, end):
                    taken.update(range(start, end))
                    yield Finding(start, end, number.kind)


def _run(reading: Reading, start: int, end: int) -> Iterator[Finding]:
    candidates = _RUNS.get(end - start, ())
    if candidates and stands_alone(reading, start, end):
        found = next((number for number in candidates if _is(number, reading, start, end)), None)
        if found:
            yield Finding(start, end, found.kind)


def _is(number: Number, reading: Reading, start: int, end: int) -> bool:
    written = reading.text[start:end]
    used = {character for character in written if not character.isalnum()}
    if not used <= set(number.separators) or (len(used) > 1 and not number.mixed):
        return False
    if number.whole and _has_neighbours(reading.shape, start, end):
        return False
    if used and _ACCOUNT.search(reading.shape, max(start - 40, 0), start):
        return False
    if not number.test("".join(filter(str.isalnum, written))):
        return False
    return number.words is None or is_told(reading, start, number.words)


def is_told(reading: Reading, start: int, words: re.Pattern[bytes]) -> bool:
    """Whether one of the words stands before a place, on the same line."""
    before = reading.lower[max(start - _NEARBY, 0) : start].replace(b"_", b" ")
    return words.search(before[before.rfind(b"\n") + 1 :]) is not None


def stands_alone(reading: Reading, start: int, end: int) -> bool:
    """Whether what is around a number belongs to something else: not to a longer number, a version or an identifier."""
    return not (_continues(reading.text[max(start - 2, 0) : start][::-1]) or _continues(reading.text[end : end + 2]))


#: The groups of a bank account's number.
_ACCOUNT = re.compile(rb"AA00-(?:[0A]{4}-)*\Z")


def _has_neighbours(shape: bytes, start: int, end: int) -> bool:
    return shape[end : end + 2] == b"-0" or shape[max(start - 2, 0) : start] == b"0-"


def _continues(around: str) -> bool:
    near = around[:1]
    return near.isalnum() or near in {"_", "+"} or (near in {"-", "."} and around[1:].isalnum())
