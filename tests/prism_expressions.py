"""Words and expressions of PRISM for tests, read from the description of the language; no library behind it.

Decimals are exact fractions, as in a checker's exact mode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

Value: TypeAlias = "Fraction | bool"
Values: TypeAlias = Mapping[str, Value]
Expression: TypeAlias = "Callable[[Values], Any]"

TOKEN = re.compile(
    r"\s+|//[^\n]*|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r'|(?P<text>"[^"\n]*")|(?P<sign>->|\.\.|<=|>=|!=|[-+*/()\[\]{}<>=!&|?:;,\'])'
)
WORDS = {
    "ctmc", "const", "int", "double", "formula", "module", "endmodule", "init", "label", "rewards", "bool",
    "endrewards", "true", "false", "min", "max", "func", "global", "system", "filter", "prob", "of", "rate",
    "A", "C", "E", "F", "G", "I", "P", "R", "S", "U", "W", "X", "Pmin", "Pmax", "Rmin", "Rmax", "invariant",
}  # fmt: skip


#: Operators of two sides, from the loosest to the tightest.
LEVELS: tuple[dict[str, Callable[[Any, Any], Any]], ...] = (
    {"|": lambda a, b: boolean(a) | boolean(b)},
    {"&": lambda a, b: boolean(a) & boolean(b)},
    {"=": lambda a, b: a == b, "!=": lambda a, b: a != b},
    {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b},
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b, "/": lambda a, b: a / b},
)


class PrismError(AssertionError):
    """The text is not one that a checker accepts."""


def tokens(text: str) -> list[str]:
    """Words, numbers and signs of a text, without comments."""
    if not text.isascii():
        raise PrismError("the text is not ASCII")
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise PrismError(f"what is {text[place : place + 20]!r}?")
        if match.lastgroup:
            found.append(match[0])
        place = match.end()
    return found


@dataclass
class Reader:
    """A position in a list of tokens; expressions by recursive descent, loosest operator first."""

    tokens: list[str]
    place: int = 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.peek()
        if not token or (expected and token not in expected):
            raise PrismError(
                f"{' '.join(self.tokens[max(0, self.place - 8) : self.place])} ... {token}: {expected}"
            )
        self.place += 1
        return token

    def accept(self, *wanted: str) -> str:
        return self.take() if self.peek() in wanted else ""

    def name(self) -> str:
        token = self.take()
        if not re.fullmatch(r"[A-Za-z_]\w*", token) or token in WORDS:
            raise PrismError(f"{token} is no name")
        return token

    def expression(self) -> Expression:
        test = self.binary(0)
        if not self.accept("?"):
            return test
        yes = self.expression()
        self.take(":")
        no = self.expression()
        return lambda v: yes(v) if test(v) is True else no(v)

    def binary(self, level: int) -> Expression:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while sign := self.accept(*LEVELS[level]):
            left = applied(LEVELS[level][sign], left, self.binary(level + 1))
        return left

    def unary(self) -> Expression:
        if self.accept("-"):
            inner = self.unary()
            return lambda v: -inner(v)
        if self.accept("!"):
            inner = self.unary()
            return lambda v: not boolean(inner(v))
        if self.accept("("):
            inner = self.expression()
            self.take(")")
            return inner
        if function := self.accept("min", "max"):
            self.take("(")
            arguments = [self.expression()]
            while self.accept(","):
                arguments.append(self.expression())
            self.take(")")
            smallest = function == "min"
            return lambda v: (min if smallest else max)(one(v) for one in arguments)
        if word := self.accept("true", "false"):
            return lambda _: word == "true"
        if re.match(r"\d", self.peek()):
            value = Fraction(self.take())
            return lambda _: value
        name = self.name()
        return lambda v: v[name]


def applied(operator: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return lambda v: operator(left(v), right(v))


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise PrismError(f"{value} is no truth value")
    return value
