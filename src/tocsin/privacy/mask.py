"""Masking of personal data and secrets in text and attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.privacy.keys import is_secret
from tocsin.privacy.rules import IP_RULE, RULES, SECRET


@dataclass(frozen=True, slots=True)
class Masked:
    """Text after masking, and the kinds of what was found in it (`email`, `card`, `secret`, …), each once."""

    text: str
    found: tuple[str, ...] = ()


class Masker:
    """Replaces personal data and secrets by placeholders such as `[email]`; masking twice changes nothing more.

    What has a shape is found: addresses, cards, IBANs, tokens, `password=…`. Names of people and postal addresses
    have none. Cost is linear in the length of the text. Identity is computed before masking, so that masking never
    regroups an issue.

    Args:
        enabled: False makes every method return what it was given.
        ips: Mask IP addresses too.
    """

    def __init__(self, *, enabled: bool = True, ips: bool = False) -> None:
        self._enabled = enabled
        rules = (*RULES, IP_RULE) if ips else RULES
        self._rules = rules if enabled else ()

    def mask(self, text: str) -> str:
        """The text with every finding replaced; clean text comes back as it is."""
        for rule in self._rules:
            text = rule.apply(text)
        return text

    def inspect(self, text: str) -> Masked:
        """Like `mask`, saying also what was found."""
        found: dict[str, None] = {}
        for rule in self._rules:
            masked = rule.apply(text)
            if masked != text:
                found[rule.kind] = None
                text = masked
        return Masked(text, tuple(found))

    def mask_attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of attributes: values under secret key names masked whole, text elsewhere by pattern.

        Lists and mappings are masked inside; None, booleans and numbers under other keys stay.
        """
        return {key: self._value(str(key), value) for key, value in attributes.items()}

    def _value(self, key: str, value: Any) -> Any:
        if self._enabled and value is not None and not isinstance(value, bool) and is_secret(key):
            return SECRET
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return self.mask_attributes(value)
        if isinstance(value, list | tuple):
            items = [self._value("", item) for item in value]
            return items if isinstance(value, list) else tuple(items)
        return value
