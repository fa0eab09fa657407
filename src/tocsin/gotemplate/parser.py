"""From tokens to a syntax tree, with the checks and the error texts of Go's text/template/parse."""

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.lexer import Kind, Lexer, Token
from tocsin.gotemplate.nodes import (
    Action,
    Block,
    Branch,
    Break,
    Chain,
    Command,
    Constant,
    Continue,
    Dot,
    Field,
    Function,
    If,
    Include,
    Nil,
    Node,
    Operand,
    Pipeline,
    Range,
    Text,
    Tree,
    Variable,
    With,
)
from tocsin.gotemplate.numbers import number
from tocsin.syntax.quoting import quote, unquote, unquote_rune

#: Parentheses and control structures inside each other; deeper templates are refused.
MAX_NESTING = 32

_OPERAND_STARTS = frozenset(
    {Kind.WORD, Kind.DOT, Kind.FIELD, Kind.VARIABLE, Kind.NUMBER, Kind.CHARACTER, Kind.STRING, Kind.RAW_STRING}
    | {Kind.OPEN_PAREN}
)
T = TypeVar("T")

_BRANCHES: dict[str, type[Branch]] = {"if": If, "with": With, "range": Range}


def parse(source: str, *, name: str, functions: Container[str] | None) -> tuple[Tree, dict[str, Tree]]:
    """The template and those it defines. With `functions`, a call of any other function is an error, as in Go.

    Raises:
        TemplateError: The first thing wrong, with its line.
    """
    return _Parser(source, name, functions).template()


class _Parser:
    def __init__(self, source: str, name: str, functions: Container[str] | None) -> None:
        self._source = source
        self._name = name
        self._lexer = Lexer(source, name)
        self._tokens = tuple(self._lexer.tokens())
        self._index = 0
        self._functions = functions
        self._variables = ["$"]
        self._defined: dict[str, Tree] = {}
        self._nesting = 0
        self._loops = 0

    # Tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._token
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def _accept(self, kind: Kind, text: str | None = None) -> Token | None:
        if self._token.kind is kind and text in {None, self._token.text}:
            return self._next()
        return None

    def _expect(self, kind: Kind, context: str, text: str | None = None) -> Token:
        token = self._accept(kind, text)
        if token is None:
            raise self._unexpected(context)
        return token

    def _unexpected(self, context: str) -> TemplateError:
        return self._error(f"unexpected {self._token} in {context}")

    def _error(self, message: str) -> TemplateError:
        return self._lexer.error(self._token.position, message)

    @contextmanager
    def _nested(self) -> Iterator[None]:
        """A level of nesting; the variables declared in it end with it."""
        known = len(self._variables)
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self._error(f"nested deeper than {MAX_NESTING} levels; move the inner part into a {{{{define}}}}")
        yield
        self._nesting -= 1
        del self._variables[known:]

    # Structure

    def template(self) -> tuple[Tree, dict[str, Tree]]:
        body = self._block(top=True)
        if self._token.kind is not Kind.END:
            raise self._error(f"unexpected {{{{{self._token.text}}}}}")
        return self._tree(self._name, body), self._defined

    def _tree(self, name: str, body: Block) -> Tree:
        return Tree(name, body, self._source, self._name)

    def _block(self, *, top: bool = False) -> Block:
        """Nodes up to the end of the template or to `{{end}}` or `{{else`, whose keyword is the current token."""
        nodes: list[Node] = []
        while self._token.kind is not Kind.END:
            if text := self._accept(Kind.TEXT):
                nodes.append(Text(text.position, text.text))
                continue
            self._expect(Kind.OPEN, "input")
            if self._token.kind is Kind.KEYWORD and self._token.text in {"end", "else"}:
                return tuple(nodes)
            if top and self._accept(Kind.KEYWORD, "define"):
                self._define()
            else:
                nodes.append(self._action())
        if not top:
            raise self._error("unexpected EOF")
        return tuple(nodes)

    def _action(self) -> Node:
        for keyword in _BRANCHES:
            if token := self._accept(Kind.KEYWORD, keyword):
                return self._branch(token)
        if token := self._accept(Kind.KEYWORD, "break") or self._accept(Kind.KEYWORD, "continue"):
            return self._jump(token)
        if token := self._accept(Kind.KEYWORD, "template"):
            return self._include("template clause")
        if token := self._accept(Kind.KEYWORD, "block"):
            return self._block_definition()
        pipeline = self._pipeline("command", Kind.CLOSE)
        return Action(pipeline.position, pipeline)

    def _branch(self, keyword: Token) -> Branch:
        is_loop = keyword.text == "range"
        with self._nested():
            pipeline = self._pipeline(keyword.text, Kind.CLOSE)
            self._loops += is_loop
            with self._nested():
                body = self._block()
            self._loops -= is_loop
            otherwise = self._otherwise(keyword)
        return _BRANCHES[keyword.text](keyword.position, pipeline, body, otherwise)

    def _otherwise(self, keyword: Token) -> Block:
        """What follows the body: nothing, `{{else}}…{{end}}`, or `{{else if …}}`, which shares the `{{end}}`."""
        if self._accept(Kind.KEYWORD, "end"):
            self._expect(Kind.CLOSE, "end")
            return ()
        self._expect(Kind.KEYWORD, keyword.text, "else")
        if keyword.text != "range" and (chained := self._accept(Kind.KEYWORD, keyword.text)):
            return (self._branch(chained),)
        self._expect(Kind.CLOSE, "else")
        with self._nested():
            otherwise = self._block()
        if not self._accept(Kind.KEYWORD, "end"):
            raise self._error(f"expected end; found {{{{{self._token.text}}}}}")
        self._expect(Kind.CLOSE, "end")
        return otherwise

    def _jump(self, keyword: Token) -> Break | Continue:
        if not self._loops:
            raise self._error(f"{{{{{keyword.text}}}}} outside {{{{range}}}}")
        self._expect(Kind.CLOSE, f"{{{{{keyword.text}}}}}")
        return Break(keyword.position) if keyword.text == "break" else Continue(keyword.position)

    def _template_name(self, context: str) -> str:
        token = self._accept(Kind.STRING) or self._expect(Kind.RAW_STRING, context)
        return self._literal(token, _text)

    def _include(self, context: str) -> Include:
        position = self._token.position
        name = self._template_name(context)
        pipeline = None if self._accept(Kind.CLOSE) else self._pipeline(context, Kind.CLOSE)
        return Include(position, name, pipeline)

    def _define(self) -> None:
        name = self._template_name("define clause")
        self._expect(Kind.CLOSE, "define clause")
        self._defined[name] = self._tree(name, self._definition("define clause"))

    def _block_definition(self) -> Include:
        """`{{block "name" pipeline}}…{{end}}`: a definition and its first use."""
        include = self._include("block clause")
        if include.pipeline is None:
            raise self._error("missing value for block clause")
        self._defined[include.name] = self._tree(include.name, self._definition("block clause"))
        return include

    def _definition(self, context: str) -> Block:
        """The body of a named template: it sees no variable and no loop of its surroundings."""
        outside = self._variables, self._loops
        self._variables, self._loops = ["$"], 0
        with self._nested():
            body = self._block()
        self._variables, self._loops = outside
        self._expect(Kind.KEYWORD, context, "end")
        self._expect(Kind.CLOSE, context)
        return body

    # Pipelines

    def _pipeline(self, context: str, end: Kind) -> Pipeline:
        """A pipeline and the token that ends it."""
        position = self._token.position
        variables, declares = self._targets(context)
        commands: list[Command] = []
        while not self._accept(end):
            if self._token.kind not in _OPERAND_STARTS and self._token.text != "nil":
                raise self._unexpected(context)
            commands.append(self._command())
            self._accept(Kind.PIPE)
        self._check(commands, context)
        self._variables.extend(variables)
        return Pipeline(position, tuple(commands), variables, declares)

    def _check(self, commands: list[Command], context: str) -> None:
        if not commands:
            raise self._error(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], Constant | Nil | Dot):
                raise self._error(f"non executable command in pipeline stage {stage}")

    def _targets(self, context: str) -> tuple[tuple[str, ...], bool]:
        """`$x :=`, `$x =` or, in a range, `$index, $element :=`; and whether it declares."""
        start, names = self._index, []
        while token := self._accept(Kind.VARIABLE):
            names.append(token.text)
            if operator := self._accept(Kind.DECLARE) or self._accept(Kind.ASSIGN):
                if len(names) > (2 if context == "range" else 1):
                    raise self._error(f"too many declarations in {context}")
                return tuple(names), operator.kind is Kind.DECLARE
            if not self._accept(Kind.OTHER, ","):
                break
        self._index = start
        return (), False

    def _command(self) -> Command:
        """Operands, separated by space."""
        position = self._token.position
        operands = [self._operand()]
        while self._token.kind not in {Kind.PIPE, Kind.CLOSE, Kind.CLOSE_PAREN}:
            if not self._token.spaced:
                raise self._unexpected("operand")
            operands.append(self._operand())
        return Command(position, tuple(operands))

    def _operand(self) -> Operand:
        """A term and the path of fields that touches it."""
        term = self._term()
        if not self._touches_field():
            return term
        position = self._token.position
        names = self._path()
        if isinstance(term, Field):
            return Field(position, term.names + names)
        if isinstance(term, Variable):
            return Variable(position, term.name, names)
        if isinstance(term, Constant | Nil | Dot):
            raise self._error(f"unexpected . after term {quote(str(term))}")
        return Chain(position, term, names)

    def _touches_field(self) -> bool:
        return self._token.kind is Kind.FIELD and not self._token.spaced

    def _path(self) -> tuple[str, ...]:
        names = []
        while self._touches_field():
            names.append(self._next().text[1:])
        return tuple(names)

    def _term(self) -> Operand:
        token = self._token
        if token.kind is Kind.OPEN_PAREN:
            self._next()
            with self._nested():
                return self._pipeline("parenthesized pipeline", Kind.CLOSE_PAREN)
        term = self._simple_term(token)
        if term is None:
            raise self._unexpected("operand")
        self._next()
        return term

    def _simple_term(self, token: Token) -> Operand | None:
        position, text = token.position, token.text
        match token.kind:
            case Kind.WORD:
                return self._word(token)
            case Kind.DOT:
                return Dot(position)
            case Kind.FIELD:
                return Field(position, (text[1:],))
            case Kind.VARIABLE:
                self._known(text)
                return Variable(position, text, ())
            case Kind.NUMBER:
                return Constant(position, self._literal(token, number), text)
            case Kind.CHARACTER:
                return Constant(position, self._literal(token, unquote_rune), text)
            case Kind.STRING | Kind.RAW_STRING:
                return Constant(position, self._literal(token, _text), text)
            case Kind.KEYWORD if text == "nil":
                return Nil(position)
            case _:
                return None

    def _word(self, token: Token) -> Constant | Function:
        if token.text in {"true", "false"}:
            return Constant(token.position, token.text == "true", token.text)
        if self._functions is not None and token.text not in self._functions:
            raise self._error(f'function "{token.text}" not defined')
        return Function(token.position, token.text)

    def _known(self, name: str) -> None:
        if name not in self._variables:
            raise self._error(f'undefined variable "{name}"')

    def _literal(self, token: Token, read: Callable[[str], T]) -> T:
        try:
            return read(token.text)
        except ValueError as error:
            raise self._lexer.error(token.position, str(error)) from None


def _text(literal: str) -> str:
    return unquote(literal, errors="surrogateescape")
