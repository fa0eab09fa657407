"""Expressions printed and read again."""

import csv
import dataclasses

import pytest

from tocsin.promql import ParseError, ast, parse
from tocsin.promql.printer import print_expr
from tocsin.series import Matcher


def bare(node):
    """What an expression means, without the parentheses and positions of its text."""
    if isinstance(node, ast.Paren):
        return bare(node.expr)
    if isinstance(node, Matcher):
        return node.name, node.op, node.value
    if isinstance(node, ast.Node):
        fields = [field.name for field in dataclasses.fields(node) if field.name != "position"]
        return type(node), *(bare(getattr(node, name)) for name in fields)
    return tuple(map(bare, node)) if isinstance(node, tuple) else repr(node)


def test_what_is_printed_means_the_same(shared):
    with (shared / "conformance" / "promqltest" / "scope.tsv").open(encoding="utf-8") as lines:
        queries = {row["query"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    read = 0
    for query in queries:
        try:
            expr = parse(query)
        except ParseError:
            continue
        assert bare(parse(print_expr(expr))) == bare(expr), query
        read += 1
    assert read > 500


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ('sum(rate(x{a="b"}[300s])) by (c)', 'sum by (c) (rate(x{a="b"}[5m]))'),
        ("a+b>bool 1", "(a + b) > bool 1"),
        ("a / on(b) group_left(c) d", "a / on (b) group_left (c) d"),
        ("-x @ end() offset -90s", "-x @ end() offset -90s"),
        ("x[1h:] offset 1d", "x[1h:] offset 1d"),
        ("x[5m + step()]", "x[(300.0 + (step()))]"),
        ('{"a.b", "c d"="e"}', '{__name__="a.b","c d"="e"}'),
        ('"\\xff\\n"', '"\\xff\\n"'),
    ],
)
def test_style(query, printed):
    assert print_expr(parse(query)) == printed
