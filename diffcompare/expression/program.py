"""A parsed formula: a postfix program, run on a stack of numbers or of traced variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from diffcompare.errors import PointError
from diffcompare.expression.point import entry_names
from diffcompare.expression.primitives import PRIMITIVES, Primitive
from diffcompare.expression.primitives.structural import shape_of

CONSTANTS = {name: PRIMITIVES[name] for name in ("pi", "e")}  # unless the point gives them a value


class Number(NamedTuple):
    """A literal: an exact int or a double."""

    value: int | float


class Name(NamedTuple):
    """A variable, or one entry of an array variable: () for the variable itself, one index an axis for an entry."""

    name: str
    entry: tuple[int, ...]


class Apply(NamedTuple):
    """A primitive applied to the last so many values."""

    primitive: Primitive
    operands: int


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
    and records.  Raises `PointError` where a variable is used by index and has no such entry, or the reverse.
    """
    stack: list[Any] = []
    for instruction in program.instructions:
        match instruction:
            case Number(value):
                stack.append(constant(value))
            case Name(name, ()) if name in CONSTANTS and name not in values:
                stack.append(apply(CONSTANTS[name]))
            case Name(name, index):
                stack.append(_entry(values[name], name, index))
            case Apply(primitive, count):
                operands = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                stack.append(apply(primitive, *operands))
    return stack


def _entry(value: Any, name: str, index: tuple[int, ...]) -> Any:
    shape = np.shape(value) if isinstance(value, (list, tuple)) else shape_of(value)
    if not index and shape:
        first = ", ".join(entry_names(name, shape)[:2])
        raise PointError(f"{name} has shape {shape} at the point; write its entries in the formula: {first}, ...")
    if index and not shape:
        wanted = {1: f"a vector, for example {name}=[1,2,3]", 2: f"a matrix, for example {name}=[[1,2],[3,4]]"}
        kind = wanted.get(len(index), f"an array of {len(index)} axes")
        raise PointError(f"{name} is used by index; at the point, give it {kind}")
    written = f"{name}[{','.join(map(str, index))}]"
    if len(index) != len(shape):
        raise PointError(f"{written} has {len(index)} indices, and the point gives {name} {len(shape)} axes")
    if any(i >= n for i, n in zip(index, shape, strict=True)):
        raise PointError(f"{written} is beyond the shape {shape} that the point gives {name}")
    for i in index if isinstance(value, (list, tuple)) else ():
        value = value[i]
    return value[index] if index else value
