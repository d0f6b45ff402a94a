"""A program of numbers for many points at once: NumPy's operations on blocks that fit the cache, written in advance.

Each operation writes to a buffer that holds nothing needed any more, its own operand's where NumPy may work in place,
so that a long program needs a few buffers.  Sources of the idea: the register allocation of a straight-line program by
liveness; blocks as in numexpr.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.engines.compiled.recording import Recording
from diffcompare.expression.code import is_condition, ufunc
from diffcompare.expression.graph import Node
from diffcompare.expression.operands import has_nan
from diffcompare.expression.primitives import Primitive

CACHE = 2**20  # bytes that the buffers and slices of a block fill
SMALLEST, LARGEST = 2**10, 2**14  # points in a block

# kernel(inputs, results), arrays of shape (k,): fills the results, and returns where the guards hold (None: everywhere)
# and whether any result is nan.
Kernel = Callable[[Sequence[Any], Sequence[Any]], tuple[Any, bool]]


def on_blocks(recording: Recording) -> Kernel:
    """The program as a kernel.

    >>> import diffcompare as dc
    >>> from diffcompare.engines.compiled.request import requested
    >>> from diffcompare.engines.compiled.recording import recorded
    >>> request = requested(dc.function("x^3"), {"x": 1.0}, "gradient", None)
    >>> slope = np.empty(3)
    >>> on_blocks(recorded(request, request.arguments, True))([np.array([0.0, 1.0, 2.0])], [slope])
    (None, False)
    >>> slope
    array([ 0.,  3., 12.])
    """
    writer = _Writer(recording)
    names = [*writer.parameters, *writer.buffers]
    text = f"def block({', '.join(names)}):\n" + "".join(f"    {line}\n" for line in writer.lines) + "    return None\n"
    space = writer.space
    exec(compile(text, "<compiled by diffcompare>", "exec"), space)
    block: Callable[..., None] = space["block"]
    width = 8 * len(names)
    size = min(max(SMALLEST, CACHE // width // 256 * 256), LARGEST)

    def kernel(inputs: Sequence[Any], results: Sequence[Any]) -> tuple[Any, bool]:
        count = len(inputs[0]) if inputs else len(results[0])
        held = np.ones(count, dtype=bool) if recording.decisions else None
        arrays = [*inputs, *results, *([held] if held is not None else [])]
        buffers = [np.empty(min(size, count), dtype=kind) for kind in writer.buffers.values()]
        nan = False
        with np.errstate(all="ignore"):
            for start in range(0, count, size):
                end = min(start + size, count)
                if end - start < size:
                    buffers = [buffer[: end - start] for buffer in buffers]
                parts = [array[start:end] for array in arrays]
                block(*parts, *buffers)
                nan = nan or any(map(has_nan, parts[len(inputs) : len(inputs) + len(results)]))
        return held, nan

    vars(kernel)["source"] = text
    return kernel


class _Writer:
    """The lines of a block, and the buffers that are free."""

    def __init__(self, recording: Recording) -> None:
        graph, count = recording.graph, recording.results
        self.nodes = graph.nodes
        self.inputs = [f"x{k}" for k in range(len(graph.names))]
        results = [f"y{k}" for k in range(count)]
        self.parameters = [*self.inputs, *results, *(["held"] if recording.decisions else [])]
        self.space: dict[str, Any] = {"copyto": np.copyto, "multiply": np.multiply}
        self.lines: list[str] = []
        self.buffers: dict[str, Any] = {}  # with the type of their entries
        self.free: dict[Any, list[str]] = {bool: [], float: []}
        self.last = {j: i for i, node in enumerate(self.nodes) for j in node.operands}
        # A result is written where the caller wants it.
        self.target = dict(zip(graph.outputs, results, strict=False))
        self.names: list[str] = []
        decided = dict(zip(graph.outputs[count:], recording.decisions, strict=True))
        for i, node in enumerate(self.nodes):
            self.names.append(self.leaf(node, i) if node.row is None else self.operation(node.row, node, i))
            if i in decided:
                self.lines.append(f"held &= {'' if decided[i] else '~'}{self.names[i]}")
                if i not in self.last:
                    self.release([self.names[i]])
        for i, result in zip(graph.outputs, results, strict=False):
            if self.names[i] != result:
                self.lines.append(f"copyto({result}, {self.names[i]})")

    def leaf(self, node: Node, i: int) -> str:
        """An input, or a constant of no axis, which NumPy need not convert again for every block."""
        if node.constant is None:
            return self.inputs[i]
        name = f"k{len(self.space)}"
        self.space[name] = np.array(node.value, dtype=float)
        return name

    def operation(self, row: Primitive, node: Node, i: int) -> str:
        """A line for an operation; where its result is."""
        operands, converted = [], []
        for k, j in enumerate(node.operands):
            operands.append(self.names[j])
            if is_condition(self.nodes[j].value) and not (row.name == "where" and k == 0):
                converted.append(self.buffer(float))
                self.lines.append(f"multiply({self.names[j]}, 1.0, out={converted[-1]})")
                operands[-1] = converted[-1]
        done = [self.names[j] for j in dict.fromkeys(node.operands) if self.last[j] == i] + converted
        kind = bool if is_condition(node.value) else float
        function = ufunc(row.name) or row.array  # squares are products already
        if row.name == "where":
            result = self.target.get(i) or self.buffer(kind)
            chosen = operands[0] if is_condition(self.nodes[node.operands[0]].value) else f"{operands[0]} != 0"
            self.lines.append(f"copyto({result}, {operands[2]}); copyto({result}, {operands[1]}, where={chosen})")
            self.release(done)
            return result
        self.release(done)
        result = (self.target.get(i) if kind is float else None) or self.buffer(kind)
        self.space[row.name] = function
        if isinstance(function, np.ufunc):
            self.lines.append(f"{row.name}({', '.join(operands)}, out={result})")
        else:
            self.lines.append(f"{result}[:] = {row.name}({', '.join(operands)})")
        return result

    def buffer(self, kind: Any) -> str:
        """A buffer that may be written to."""
        if self.free[kind]:
            return self.free[kind].pop()
        name = f"b{len(self.buffers)}"
        self.buffers[name] = kind
        return name

    def release(self, names: Sequence[str]) -> None:
        """Buffers that hold nothing needed any more."""
        for name in names:
            if name in self.buffers:
                self.free[self.buffers[name]].append(name)
