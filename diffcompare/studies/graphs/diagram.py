"""Diagram: a graph as a drawing shows it, in plain data: boxes, and arrows from operands to results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diffcompare.expression.primitives import Operation
from diffcompare.studies.study import Study

Shape = tuple[int, ...]
REDUCTIONS = frozenset({"sum", "max", "min", "product"})  # their axes stay with length 1, until a reshape drops them


@dataclass(frozen=True, slots=True)
class Box:
    """One node: a variable, a parameter, a constant, an operation, or a group of them that were folded into one."""

    name: str  # no other box of the diagram has it
    kind: str  # "input", "parameter", "constant", "operation" or "group"
    title: str
    shape: Shape
    operation: str = ""  # the primitive, or what PyTorch calls its node
    latex: str = ""  # of the title, where that is a formula
    calls: tuple[str, ...] = ()  # the calls of modules in which it was computed, outermost first
    frozen: bool = False  # no gradient goes through it
    root: bool = False  # a result
    keeps_grad: bool = False  # a leaf that gathers its adjoint, or a computed tensor that retains it
    notes: tuple[str, ...] = ()  # of a group: what it holds
    fixed: bool = False  # of a group: its parameters are frozen, and gradients go through it all the same
    named: tuple[str, ...] = ()  # the variables that it uses without an arrow


@dataclass(frozen=True, slots=True)
class Diagram(Study):
    """Boxes in the order in which they were computed, and arrows from tail to head, one for each operand."""

    kind: str  # "array graph" or "autograd graph"
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        nodes = [
            {
                "name": box.name, "kind": box.kind, "title": box.title, "operation": box.operation,
                "shape": list(box.shape), "calls": list(box.calls), "frozen": box.frozen, "root": box.root,
                "keeps_grad": box.keeps_grad, "notes": list(box.notes),
            }
            for box in self.boxes
        ]  # fmt: skip
        return {"kind": self.kind, "nodes": nodes, "edges": [list(arrow) for arrow in self.arrows]}


def drops_axes(outer: Operation | None, shape: Shape, source: Shape) -> bool:
    """Whether an operation only drops axes of length 1 of its operand, whose shape `source` is."""
    same = [n for n in shape if n != 1] == [n for n in source if n != 1]
    return outer is not None and outer.name == "reshape" and len(shape) < len(source) and same
