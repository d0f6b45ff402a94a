"""Running a parsed formula: a postfix program on a stack, on numbers or on traced variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from diffcompare.errors import PointError
from diffcompare.expression.formula import Apply, Name, Number, Program
from diffcompare.expression.numpy_protocol import is_vector
from diffcompare.expression.primitives import PRIMITIVES

CONSTANTS = {name: PRIMITIVES[name] for name in ("pi", "e")}  # unless the point gives them a value


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
