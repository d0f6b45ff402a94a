"""A parsed formula: a postfix program, run on a stack of numbers or of traced variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from diffcompare.errors import PointError
from diffcompare.expression.numpy_protocol import is_vector
from diffcompare.expression.primitives import PRIMITIVES, Primitive

CONSTANTS = {name: PRIMITIVES[name] for name in ("pi", "e")}  # unless the point gives them a value


@dataclass(frozen=True)
class Number:
    """A literal: an exact int or a double."""

    value: int | float


@dataclass(frozen=True)
class Name:
    """A variable, or one entry of a vector variable."""

    name: str
    index: int | None


@dataclass(frozen=True)
class Apply:
    """A primitive applied to the last `count` values."""

    primitive: Primitive
    count: int


Instruction = Number | Name | Apply


@dataclass(frozen=True)
class Program:
    """A formula in postfix order, run on a stack; `listed` where it was written as [a, b]."""

    instructions: tuple[Instruction, ...]
    outputs: int
    listed: bool

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name in natural order (x2 before x10); pi and e too: the point decides whether they are variables."""
        return natural_order({i.name for i in self.instructions if isinstance(i, Name)})


def natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names sorted as people sort them, numbers in them by size."""

    def key(name: str) -> list[tuple[bool, int, str]]:
        return [(p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in re.split(r"(\d+)", name)]

    return tuple(sorted(names, key=key))


def run(
    program: Program, values: Mapping[str, Any], constant: Callable[[Any], Any], apply: Callable[..., Any]
) -> list[Any]:
    """The outputs of a program, one value each.

    `constant` reads a literal and `apply(primitive, *operands)` performs an operation, so the same loop computes
    and records.  Raises `PointError` where a variable is used by index and is not a vector that long, or the reverse.
    """
    stack: list[Any] = []
    for instruction in program.instructions:
        match instruction:
            case Number(value):
                stack.append(constant(value))
            case Name(name, None) if name in CONSTANTS and name not in values:
                stack.append(apply(CONSTANTS[name]))
            case Name(name, index):
                stack.append(_entry(values[name], name, index))
            case Apply(primitive, count):
                operands = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                stack.append(apply(primitive, *operands))
    return stack


def _entry(value: Any, name: str, index: int | None) -> Any:
    vector = is_vector(value)
    if index is None:
        if vector:
            raise PointError(
                f"{name} has {len(value)} entries at the point; write {name}[0], {name}[1], ... in the formula"
            )
        return value
    if not vector:
        raise PointError(f"{name} is used by index; give it a vector at the point, for example {name}=[1,2,3]")
    if index >= len(value):
        raise PointError(f"{name}[{index}] is beyond the {len(value)} entries that the point gives {name}")
    return value[index]
