"""`label_replace` and `label_join`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.promql.errors import EvaluationError
from tocsin.series.labels import get, replace
from tocsin.syntax import re2
from tocsin.syntax.replacement import expand

if TYPE_CHECKING:
    from tocsin.promql.frame import Frame
    from tocsin.promql.invocation import Invocation
    from tocsin.series import Labels


def label_replace(call: Invocation) -> Frame:
    """Sets a label from the groups of a regular expression, in series whose source label matches it.

    Raises:
        EvaluationError: the regular expression or the name of the new label is not valid.
    """
    target, template, source, pattern = texts = tuple(call.text(index) for index in range(1, 5))
    try:
        fullmatch, matches = re2.compile_pattern(pattern).fullmatch, re2.compile_test(pattern)
    except ValueError as error:
        raise EvaluationError(f"invalid regular expression in label_replace(): {pattern}: {error}") from error
    check_label_name(target, "label_replace()", "destination ")

    def change(labels: Labels) -> Labels:
        # What does not match is where `re` would look for ever.
        text = get(labels, source)
        match = fullmatch(text) if matches(text) else None
        return replace(labels, {target: expand(template, match)}) if match else labels

    return call.frame(0).relabel(change, key=(label_replace, *texts))


def label_join(call: Invocation) -> Frame:
    """Sets a label to the joined values of others.

    Raises:
        EvaluationError: the name of a label is not valid.
    """
    target, separator, *sources = texts = [call.text(index) for index in range(1, len(call.args))]
    check_label_name(target, "label_join()", "destination ")
    for source in sources:
        check_label_name(source, "label_join()", "source ")

    def change(labels: Labels) -> Labels:
        return replace(labels, {target: separator.join(get(labels, source) for source in sources)})

    return call.frame(0).relabel(change, key=(label_join, *texts))


def check_label_name(name: str, function: str, role: str = "") -> None:
    """Any UTF-8 text will do.

    Raises:
        EvaluationError: the name is empty or was made of bytes that are not UTF-8.
    """
    if not name or any("\ud800" <= character <= "\udfff" for character in name):
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise EvaluationError(f'invalid {role}label name "{shown}" in {function}, allowed: any UTF-8 text but ""')
