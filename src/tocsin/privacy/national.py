"""National identity and tax numbers, told by their check digits; where these are weak or missing, by a word nearby.

Every test is given digits and capital letters alone.
"""

import re
from collections.abc import Callable

from tocsin.privacy.checksums import luhn, mod11_10, verhoeff, weighted

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
#: Codice fiscale: the value of a character at an odd place (Decreto ministeriale 23/12/1976).
_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_BORN = re.compile(rf"(?:\d\d(?:0[1-9]|1[0-2])|[0-3]\d(?:2[1-9]|3[0-2])){_DAY}")
_MOMENT = re.compile(rf"(?:19|20)\d\d(?:0[1-9]|1[0-2]){_DAY}")
_CPF_WEIGHTS = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
_SSN = re.compile(r"(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}")
_FISCALE = re.compile(r"[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z]")
_NIR = re.compile(r"[1-478]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)(?:\d{2}|2[AB])\d{6}\d{2}")


def is_ssn(number: str) -> bool:
    """USA: no check digit; areas, groups and serials that were never given out do not count."""
    return _SSN.fullmatch(number) is not None


def is_nino(number: str) -> bool:
    """United Kingdom: no check digit; prefixes that were never given out do not count."""
    return _NINO.fullmatch(number) is not None


def is_de_tax_id(number: str) -> bool:
    """Germany, Identifikationsnummer: of its first ten digits one comes twice or three times."""
    most = max(map(number[:10].count, number[:10]))
    distinct = len(set(number[:10]))
    return number[0] != "0" and (most, distinct) in {(2, 9), (3, 8)} and mod11_10(number)


def is_nir(number: str) -> bool:
    """France, numéro de sécurité sociale with its key; 2A and 2B are Corsica."""
    if _NIR.fullmatch(number) is None:
        return False
    digits = number[:13].replace("2A", "19").replace("2B", "18")
    return digits.isdigit() and int(number[13:]) == 97 - int(digits) % 97


def is_dni(number: str) -> bool:
    """Spain, DNI and NIE: the letter at the end is the number modulo 23."""
    digits = str("XYZ".index(number[0])) + number[1:-1] if number[0] in "XYZ" else number[:-1]
    return digits.isdigit() and _DNI_LETTERS[int(digits) % 23] == number[-1]


def is_codice_fiscale(number: str) -> bool:
    """Italy: the letter at the end is a sum over all others."""
    if _FISCALE.fullmatch(number) is None:
        return False
    odd = sum(_ODD[character] for character in number[0:15:2])
    even = sum(int(c) if c.isdigit() else ord(c) - ord("A") for c in number[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == number[15]


def is_bsn(number: str) -> bool:
    """Netherlands, burgerservicenummer."""
    return weighted(number, _BSN_WEIGHTS) % 11 == 0 and number != "000000000"


def is_pesel(number: str) -> bool:
    """Poland: date of birth (months count from 20 in the years from 2000 on), serial, check digit."""
    return _BORN.match(number) is not None and weighted(number, _PESEL_WEIGHTS) % 10 == 0


def is_personnummer(number: str) -> bool:
    """Sweden: date of birth (a coordination number adds 60 to the day), serial, check digit."""
    number = number[-10:]
    month, day = int(number[2:4]), int(number[4:6])
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91) and luhn(number)


def is_cpf(number: str) -> bool:
    """Brazil, persons: two check digits."""
    return len(set(number)) > 1 and all(
        _modulo11(number[:end], _CPF_WEIGHTS[-end:]) == int(number[end]) for end in (9, 10)
    )


def is_cnpj(number: str) -> bool:
    """Brazil, companies: two check digits."""
    return len(set(number)) > 1 and all(
        _modulo11(number[:end], _CNPJ_WEIGHTS[-end:]) == int(number[end]) for end in (12, 13)
    )


def is_plain_cnpj(number: str) -> bool:
    """A company's number without its signs; what begins as a date does is a moment."""
    return _MOMENT.match(number) is None and is_cnpj(number)


def is_aadhaar(number: str) -> bool:
    """India: never begins with 0 or 1; Verhoeff's check digit."""
    return number[0] not in "01" and verhoeff(number)


def is_sin(number: str) -> bool:
    """Canada, social insurance number."""
    return number[0] not in "08" and luhn(number)


def is_ahv(number: str) -> bool:
    """Switzerland, AHV number: 756 and EAN-13's check digit."""
    return number.startswith("756") and weighted(number, (1, 3) * 7) % 10 == 0


def is_rrn(number: str) -> bool:
    """Belgium, rijksregisternummer: 97 minus the rest of nine digits, from 2000 on with a 2 before them."""
    month, day, check = int(number[2:4]) % 20, int(number[4:6]), int(number[9:])
    return month <= 12 and day <= 31 and check in (97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97)


def _modulo11(number: str, weights: tuple[int, ...]) -> int:
    rest = weighted(number, weights) % 11
    return 0 if rest < 2 else 11 - rest


Test = Callable[[str], bool]
