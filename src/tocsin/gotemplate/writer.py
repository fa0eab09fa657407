"""Where a rendering's output goes: plain text."""

from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.formatting import text_of


class TextWriter:
    """Collects text up to a bound."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._length = 0
        self._parts: list[str] = []

    def text(self, text: str) -> None:
        """Append.

        Raises:
            TemplateError: The output is longer than the limit.
        """
        self._length += len(text)
        if self._length > self._limit:
            raise TemplateError(f"the output is longer than {self._limit} characters")
        self._parts.append(text)

    def value(self, value: object) -> None:
        """Append a value as `%v` shows it."""
        self.text("<no value>" if value is None else text_of(value))

    def output(self) -> str:
        """Everything written so far."""
        return "".join(self._parts)
