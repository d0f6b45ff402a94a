"""What waits on the stacks of the formula parser: operators by precedence, open brackets, and operands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from diffcompare.expression.primitives import Primitive
from diffcompare.expression.tokens import Token

BINARY = {
    "<": (1, "less"), "<=": (1, "less_equal"), ">": (1, "greater"), ">=": (1, "greater_equal"), "==": (1, "equal"),
    "!=": (1, "not_equal"), "+": (2, "add"), "-": (2, "subtract"), "*": (3, "multiply"), "/": (3, "divide"),
    "^": (5, "power"), "**": (5, "power"),
}  # fmt: skip
COMPARISON, PREFIX, POWER = 1, 4, 5


class Operator(NamedTuple):
    """A waiting operator."""

    primitive: Primitive
    precedence: int
    token: Token


@dataclass
class Bracket:
    """An open bracket: a group, a call of a function, or the list of outputs."""

    token: Token
    function: Token | None = None
    primitive: Primitive | None = None
    listing: bool = False
    operands: int = 1


class Operand(NamedTuple):
    """What is known of a value on the stack: its place, whether it is a condition, its number if it is constant."""

    start: int
    end: int
    condition: bool = False
    constant: float | None = None
