"""Masking of personal data and secrets in text and attributes."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.privacy import keys, stacks
from tocsin.privacy.masked import Masked
from tocsin.privacy.memory import Memory
from tocsin.privacy.placeholder import PLACEHOLDER, placeholder
from tocsin.privacy.policy import Policy

if TYPE_CHECKING:
    from tocsin.privacy.detection import Detection

#: Given a name, empty for text without one, and a text that is masked already; returns what becomes of it, or None if
#: it failed.
Callback = Callable[[str, str], str | None]

#: What is known of a name: nothing is masked under it; its text is read; its name tells what its numbers are; it holds
#: a statement, what a statement was given, or a secret.
_PLAIN, _TEXT, _TELLING, _STATEMENT, _PARAMETER, _SECRET = range(6)
#: The shortest text, and the smallest number, that can be anybody's.
_SHORTEST, _SMALLEST = 6, 10_000_000
#: Names whose treatment is remembered.
_MOST_NAMES = 4_096
#: Bytes of attributes that are remembered; the longest ones among them.
_ATTRIBUTES = 500_000
_LONGEST_TEXT, _LONGEST_STATEMENT = 512, 2_048
#: Texts that are remembered with what they become: failures repeat.
_LONG, _LONG_TEXTS = 16_384, 128
#: Lists and mappings within each other that are looked into; what is deeper is masked whole.
_DEEPEST = 8


class MaskedValue(NamedTuple):
    """An attribute's value after masking, and the kind of each value that was found in it."""

    value: Any
    found: tuple[str, ...]


class Masker:
    """Replaces personal data and secrets by placeholders such as `[email]`; masking twice changes nothing more.

    What has a form is found: addresses, cards, bank accounts, national ids, telephone numbers, tokens, `password=…`.
    Names of people and postal addresses have none. Cost is linear in the length of the text. Thread-safe. Identity is
    computed before masking, so that masking never regroups an issue.

    Args:
        enabled: False makes every method return what it was given.
        ips: Mask IP addresses too.
        policy: The application's own rules.
        hash_key: With one, placeholders hold a hash, the same for the same value.
        callback: Has the last word on every text.
    """

    def __init__(
        self,
        *,
        enabled: bool = True,
        ips: bool = False,
        policy: Policy = Policy(),  # noqa: B008  immutable
        hash_key: str = "",
        callback: Callback | None = None,
    ) -> None:
        self._enabled = enabled
        self._ips = ips
        self._policy = policy
        self._hash_key = hash_key.encode()
        self._callback = callback
        self._detection: Detection | None = None
        self._is_usual = enabled and callback is None and policy == Policy()
        self._treatments: dict[str, int] = {}
        self._memory: Memory[MaskedValue] = Memory(_ATTRIBUTES)
        #: Attributes, as pairs, that were clean lately: to be asked for at the speed of C.
        self.clean = self._memory.clean
        self._remembered = lru_cache(_LONG_TEXTS)(self._look)

    def detection(self) -> "Detection":
        """What looks into text: made with the first one, or before it, for it takes long to import."""
        if self._detection is None:
            from tocsin.privacy.detection import Detection  # noqa: PLC0415  see above

            self._detection = Detection(self._policy, ips=self._ips, hash_key=self._hash_key)
        return self._detection

    def mask(self, text: str) -> str:
        """The text with every finding replaced; clean text comes back as it is."""
        return self.inspect(text).text

    def inspect(self, text: str, key: str = "") -> Masked:
        """Like `mask`, saying also what was found. Text that it had lately costs nothing."""
        if not self._enabled or len(text) < _SHORTEST:
            masked = Masked(text)
        else:
            masked = self._remembered(text) if len(text) <= _LONG else self.detection().inspect(text)
        if self._callback is None or not self._enabled:
            return masked
        return self._called(self._callback, key, masked)

    def changes(self, attributes: Mapping[str, Any], *, stacktrace: str = "") -> dict[str, MaskedValue]:
        """The attributes that masking changes, by name: mostly none.

        Values under secret names are masked whole; text, also in lists and mappings, by what is in it. None, booleans
        and small numbers stay. Text that a clean `stacktrace`, as `clean_stacktrace` gives it, tells is clean too.
        """
        made: dict[str, MaskedValue] = {}
        if not self._enabled or self.knows(attributes):
            return made
        changed = self._memory.changed
        for attribute in self._unknown(attributes):
            key, value = attribute
            masked = changed.get(attribute) if type(value) is str else None
            if masked is None:
                masked = self._change(key, value, stacktrace)
            if masked is not None:
                made[key] = masked
        return made

    def knows(self, attributes: Mapping[str, Any]) -> bool:
        """Whether all of these were clean lately: so it is with most, which have to cost next to nothing."""
        try:
            return attributes.items() <= self.clean
        except TypeError:  # of a list or a mapping
            return False

    def clean_stacktrace(self, text: object) -> str:
        """The stack trace if there is nothing to mask in it, and what holds for it holds for its parts; else empty."""
        if not isinstance(text, str) or len(text) > _LONG or not self._is_usual:
            return ""
        return "" if self.inspect(text).found else text

    def mask_attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of attributes with all changes made."""
        return {**attributes, **{key: masked.value for key, masked in self.changes(attributes).items()}}

    def _unknown(self, attributes: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        clean = self.clean
        try:
            return [attribute for attribute in attributes.items() if attribute not in clean]
        except TypeError:  # of a list or a mapping
            return attributes.items()

    def _change(self, key: str, value: Any, stacktrace: str) -> MaskedValue | None:
        treatment = self._treatments.get(key)
        if treatment is None:
            treatment = self._treatment(key)
        if not self._is_memorable(treatment, value):
            return self._outcome(key, treatment, value)
        attribute = key, value
        masked = self._memory.changed.get(attribute)
        if masked is None and not (stacktrace and treatment == _TEXT and stacks.tells(stacktrace, str(value))):
            masked = self._outcome(key, treatment, value)
            self._memory.remember(attribute, masked, length=len(value) if isinstance(value, str) else 0)
        return masked

    def _outcome(self, key: str, treatment: int, value: Any) -> MaskedValue | None:
        return None if treatment == _PLAIN else self._value(key, treatment, value)

    def _is_memorable(self, treatment: int, value: Any) -> bool:
        """Secrets are not, nor what equals other things that are not treated alike, as `1e7` and `10_000_000` do."""
        if self._callback is not None or treatment in {_SECRET, _PARAMETER}:
            return False
        if isinstance(value, str):
            return len(value) <= (_LONGEST_STATEMENT if treatment == _STATEMENT else _LONGEST_TEXT)
        return isinstance(value, int | float) and (treatment == _PLAIN or value < _SMALLEST)

    def _look(self, text: str) -> Masked:
        """As the detection does it; of stack traces, which repeat, the frames and the end are looked at apart."""
        detection = self.detection()
        frames, end = stacks.split(text)
        if frames and not detection.inspect(frames).found and not detection.inspect(end).found:
            return Masked(text)
        return detection.inspect(text)

    def _treatment(self, key: str) -> int:
        if len(self._treatments) >= _MOST_NAMES:
            self._treatments.clear()
        treatment = self._treatments[key] = self._decided(str(key))
        return treatment

    def _decided(self, key: str) -> int:
        if self._policy.keeps(key):
            return _PLAIN
        if self._policy.masks(key) or keys.is_secret(key):
            return _SECRET
        if self._callback is None and keys.is_plain(key, ips=self._ips):
            return _PLAIN
        if keys.is_sql_parameter(key):
            return _PARAMETER
        if keys.is_sql(key):
            return _STATEMENT
        return _TELLING if self.detection().is_telling(key) else _TEXT

    def _value(self, key: str, treatment: int, value: Any, depth: int = 0) -> MaskedValue | None:
        """What becomes of a value; None where it stays as it is."""
        if value is None or value is True or value is False:
            return None
        if treatment in {_SECRET, _PARAMETER}:
            return self._whole("secret" if treatment == _SECRET else "sql", value)
        if isinstance(value, str):
            return self._text(key, treatment, value)
        if isinstance(value, int | float):
            return self._text(key, treatment, str(value)) if value >= _SMALLEST else None
        if isinstance(value, bytes):
            return self._text(key, treatment, value.decode("utf-8", "replace"))
        if isinstance(value, Mapping | list | tuple) and depth >= _DEEPEST:
            return self._whole("secret", value)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        return self._items(key, treatment, value, depth) if isinstance(value, list | tuple) else None

    def _whole(self, kind: str, value: Any) -> MaskedValue | None:
        text = value if isinstance(value, str) else repr(value)
        if not text or not self._enabled or kind in self._policy.skip or PLACEHOLDER.fullmatch(text):
            return None
        if any(pattern.fullmatch(text) for pattern in self._policy.keep):
            return None
        return MaskedValue(placeholder(kind, text, self._hash_key), (kind,))

    def _text(self, key: str, treatment: int, text: str) -> MaskedValue | None:
        if treatment == _STATEMENT and "sql" not in self._policy.skip:
            statement = self.detection().without_literals(text)
            masked = self.inspect(statement, key)
            found = masked.found if statement == text else ("sql", *masked.found)
            return MaskedValue(masked.text, found) if found else None
        label = f"{key}=" if treatment == _TELLING else ""
        masked = self.inspect(label + text, key)
        return MaskedValue(masked.text.removeprefix(label), masked.found) if masked.found else None

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> MaskedValue | None:
        """Names within are names as any other."""
        values = (
            (key, self._value(str(key), self._treatment(str(key)), each, depth + 1)) for key, each in value.items()
        )
        changed = {key: masked for key, masked in values if masked is not None}
        if not changed:
            return None
        found = tuple(kind for masked in changed.values() for kind in masked.found)
        return MaskedValue({**value, **{key: masked.value for key, masked in changed.items()}}, found)

    def _items(self, key: str, treatment: int, value: list[Any] | tuple[Any, ...], depth: int) -> MaskedValue | None:
        masked = [self._value(key, treatment, item, depth + 1) for item in value]
        if not any(masked):
            return None
        items = [item if each is None else each.value for item, each in zip(value, masked, strict=True)]
        found = tuple(kind for each in masked if each for kind in each.found)
        return MaskedValue(items if isinstance(value, list) else tuple(items), found)

    def _called(self, callback: Callback, key: str, masked: Masked) -> Masked:
        text = callback(key, masked.text)
        if text is None:
            return Masked("[callback]", (*masked.found, "callback"))
        return masked if text == masked.text else Masked(text, (*masked.found, "callback"))
