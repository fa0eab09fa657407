"""A template: parsed once, rendered as often as needed."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tocsin.gotemplate.builtins import BUILTINS, NAMES
from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.evaluation import Evaluator, Limits
from tocsin.gotemplate.execution import Execution
from tocsin.gotemplate.html import HtmlWriter
from tocsin.gotemplate.nodes import Tree
from tocsin.gotemplate.parser import parse
from tocsin.gotemplate.writer import TextWriter

Functions: TypeAlias = Mapping[str, Callable[..., object]]

_DEFAULT_LIMITS = Limits()
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Those that `surrogateescape` has no byte for.
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


@dataclass(frozen=True, slots=True)
class Template:
    """Immutable and free of I/O; what a rendering may use is bounded by its `Limits`."""

    tree: Tree = field(repr=False)
    #: The templates that `{{template}}` can name.
    defined: Mapping[str, Tree] = field(repr=False)

    @classmethod
    def parse(
        cls, text: str, *, name: str = "", functions: Iterable[str] | None = None, base: "Template | None" = None
    ) -> "Template":
        """Parse the text; it may use the templates that `base` defines.

        With `functions`, calling any other function is an error already here, as in Go; without, when rendering.

        Raises:
            TemplateError: `template: NAME:LINE: what is wrong`.
        """
        known = None if functions is None else NAMES.union(functions)
        tree, defined = parse(text, name=name, functions=known)
        return cls(tree, {**(base.defined if base else {}), **defined})

    @property
    def name(self) -> str:
        """The name that error messages show."""
        return self.tree.name

    def named(self, name: str) -> "Template":
        """One of the defined templates, as a template of its own.

        Raises:
            TemplateError: None has that name.
        """
        if name not in self.defined:
            raise TemplateError(f'template: no template "{name}" associated with template "{self.name}"')
        return Template(self.defined[name], self.defined)

    def render(
        self,
        data: object = None,
        *,
        functions: Functions = BUILTINS,
        html: bool = False,
        missing_key_fails: bool = False,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> str:
        """The text for this data. With `html`, values are escaped for the place in the document where they stand.

        It can be written as UTF-8: bytes that are none, such as those of half a character, become U+FFFD.

        A function reports its failure with a ValueError, LookupError or ArithmeticError.

        Raises:
            TemplateError: `template: NAME:LINE:COLUMN: executing "NAME" at <NODE>: what is wrong`.
        """
        writer = HtmlWriter(limits.characters) if html else TextWriter(limits.characters)
        evaluator = Evaluator({**BUILTINS, **functions}, limits, missing_key_fails)
        execution = Execution(evaluator, self.defined, writer)
        try:
            execution.run(self.tree, data)
        except TemplateError as error:
            raise execution.located(error) from error.__cause__
        except RecursionError:
            raise execution.located(TemplateError("a value is nested too deeply")) from None
        return _valid(writer.output())


def _valid(text: str) -> str:
    """Bytes stand in texts as lone surrogates; two that meet may be a character again."""
    if not _SURROGATE.search(text):
        return text
    return _NO_BYTE.sub("\ufffd", text).encode(errors="surrogateescape").decode(errors="replace")
