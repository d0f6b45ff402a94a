"""A graph run on arrays by a plan made in advance: each operation with the buffer that it writes to.

A buffer is written to again as soon as the value in it has had its last use, its own operand's where the operation
works entry by entry, so that a long program needs a few buffers.  Transposes and slices are views, as NumPy and BLAS
take them; parts of an array are added to it in place; runs of operations on long arrays go block by block.  Buffers
outlive a call, calls at the same time have their own, and the results are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from diffcompare.engines.compiled.arrays import ADD, prepared
from diffcompare.engines.compiled.blocks import BLOCK, LONG, Line, Values, grouped, in_blocks, is_cut
from diffcompare.engines.compiled.nan_check import norm, question, watches
from diffcompare.engines.compiled.steps import (
    PIECE,
    Step,
    blocks_step,
    call_step,
    norm_step,
    scatter_step,
    stack_step,
    sum_step,
)
from diffcompare.expression.graph import Graph
from diffcompare.expression.primitives import Primitive, Structural
from diffcompare.expression.primitives.contraction import matmul
from diffcompare.expression.primitives.structural import dtype_of, size_of

MOVES = frozenset(
    {"index", "reshape", "transpose", "broadcast_to", "real", "imag"}
)  # the result may be a view of the operand


def planned(graph: Graph, checked: int = 0) -> Callable[[Sequence[Any]], list[Any] | None]:
    """A graph of arrays as a function of its inputs, of the traced shapes and types; one value an output.

    None where one of the first `checked` outputs has a nan.

    >>> from diffcompare.expression.variable import Trace
    >>> x = (trace := Trace(entrywise=False)).input("x", np.array([1.0, 2.0, 3.0]))
    >>> planned(trace.graph([np.sum(x * x), x[::-1]]))([np.array([3.0, 4.0, 5.0])])
    [np.float64(50.0), array([5., 4., 3.])]
    """
    return running(Plan(prepared(graph), checked))


def running(plan: Plan) -> Callable[[Sequence[Any]], list[Any] | None]:
    """A plan as a function of the inputs of its graph; one value an output, or None where one has a nan."""
    inputs_at = [i for i in range(len(plan.nodes)) if plan.is_input(i)]
    outputs = list(zip(plan.graph.outputs, plan.copied(), strict=True))
    idle: list[Values] = []

    def run(inputs: Sequence[Any]) -> list[Any] | None:
        try:
            space = idle.pop()
        except IndexError:
            space = plan.space()
        values = space.copy()
        for i, value in zip(inputs_at, inputs, strict=True):
            values[i] = value
        with np.errstate(all="ignore"):
            for step in plan.steps:
                step(values)
            nan = any(is_nan(values) for is_nan in plan.questions)
        idle.append(space)
        return None if nan else [_owned(values[i], copied) for i, copied in outputs]

    return run


class Buffers:
    """Places that are written to, from `first` on; each takes arrays of one shape, type and layout."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.like: list[Any] = []
        self.free: dict[Any, list[int]] = {}

    def take(self, like: Any) -> int:
        """A place for an array like this one."""
        free = self.free.get(_kind(like))
        if free:
            return free.pop()
        self.like.append(like)
        return self.first + len(self.like) - 1

    def give(self, places: Iterable[int]) -> None:
        """What is there is not needed any more."""
        for place in places:
            self.free.setdefault(_kind(self.like[place - self.first]), []).append(place)


class Plan:
    """The steps of a graph on a list of values: one a node, then the buffers."""

    def __init__(self, graph: Graph, checked: int = 0) -> None:
        self.graph, self.nodes = graph, graph.nodes
        self.operands = [node.operands for node in graph.nodes]
        self.calls = [_call(node) for node in graph.nodes]
        self.parts = self._parts_added_in_place()
        self.root = self._roots()
        self.kept = {self.root[i] for i in graph.outputs}  # results: in arrays of their own
        watched = watches(self, checked)
        factors = dict.fromkeys(j for watch in watched for j in watch.factors)
        self.norm_of = {j: len(self.nodes) + k for k, j in enumerate(factors)}  # and the place for it
        self.questions = [question(self, watch) for watch in watched]
        self.buffers = Buffers(len(self.nodes) + len(factors))
        self.buffer_of: dict[int, int] = {}  # by the node whose memory it is
        groups = self._groups()
        last = {self.root[j]: t for t, group in enumerate(groups) for i in group for j in self.operands[i]}
        self.steps: list[Step] = [norm_step(j, place) for j, place in self.norm_of.items() if self.is_input(j)]
        for t, group in enumerate(groups):
            done = {self.root[j] for i in group for j in self.operands[i]}
            ended = [self.buffer_of[root] for root in done if last[root] == t and root in self.buffer_of]
            if len(group) > 1:
                outputs = [i for i in group if i in self.kept or last.get(i, -1) > t]
                self.steps.append(self._together(group, outputs))
                self.buffers.give(ended)
            elif self.operands[group[0]]:
                self.steps.append(self._single(group[0], ended))
            self.steps += [norm_step(j, self.norm_of[j]) for j in group if j in self.norm_of]

    def is_input(self, i: int) -> bool:
        """Whether a value is the caller's."""
        return self.nodes[i].primitive is None and self.nodes[i].constant is None

    def _groups(self) -> list[list[int]]:
        """The operations in the order in which they run; several together are a run."""
        return grouped(self.nodes, self.operands, [self._is_long(i) for i in range(len(self.nodes))])

    def space(self) -> Values:
        """The values that a run begins with."""
        constants = [node.constant for node in self.nodes]
        norms = [None if constants[j] is None else norm(constants[j]) for j in self.norm_of]
        return [*constants, *norms, *map(np.empty_like, self.buffers.like)]

    def copied(self) -> list[bool]:
        """One flag an output: whether its memory is an argument's, a constant's or another output's."""
        roots = [self.root[i] for i in self.graph.outputs]
        return [self.nodes[root].primitive is None or root in roots[:k] for k, root in enumerate(roots)]

    def _parts_added_in_place(self) -> dict[int, int]:
        """The scattered part by the sum that adds it to an array in place; the part itself is not computed then."""
        uses = [0] * len(self.nodes)
        for j in (*(j for operands in self.operands for j in operands), *self.graph.outputs):
            uses[j] += 1
        found: dict[int, int] = {}
        for i, node in enumerate(self.nodes):
            for array, part in (node.operands, node.operands[::-1]) if node.primitive is ADD else ():
                alike = all(_kind(self.nodes[j].value) == _kind(node.value) for j in (array, part))
                owned = (
                    array in found or _adding(self.nodes[array].primitive) or isinstance(self.calls[array], np.ufunc)
                )
                if alike and uses[array] == uses[part] == 1 and _adding(self.nodes[part].primitive) and owned:
                    found[i] = part
                    self.operands[i] = (array, *self.nodes[part].operands)
                    self.operands[part] = ()
                    break
        return found

    def _roots(self) -> list[int]:
        """The node in whose memory each value may be."""
        root: list[int] = []
        for i, node in enumerate(self.nodes):
            source = i
            if i in self.parts or (node.primitive is not None and node.primitive.name in MOVES):
                source = self.operands[i][0]
            elif not isinstance(self.calls[i], np.ufunc):
                viewed = (j for j in self.operands[i] if np.may_share_memory(node.value, self.nodes[j].value))
                source = next(viewed, i)
            root.append(root[source] if source != i else i)
        return root

    def _is_long(self, i: int) -> bool:
        """Whether it belongs to a run in blocks: entry by entry, and long."""
        if i in self.parts or not isinstance(self.nodes[i].primitive, Primitive):
            return False
        value = self.nodes[i].value
        return isinstance(self.calls[i], np.ufunc) and value.nbytes > LONG and bool(value.flags.c_contiguous)

    def _written(self, i: int) -> int | None:
        """The buffer of a node; none for a result."""
        if self.root[i] in self.kept:
            return None
        self.buffer_of[i] = self.buffers.take(self.nodes[i].value)
        return self.buffer_of[i]

    def _single(self, i: int, ended: Sequence[int]) -> Step:
        """One operation, in a buffer that is free, or its operand's where it works entry by entry."""
        node, operands, call = self.nodes[i], self.operands[i], self.calls[i]
        if i in self.parts:
            self.buffers.give(ended)
            return sum_step(_adding(self.nodes[self.parts[i]].primitive), operands, i)
        entrywise = isinstance(node.primitive, Primitive)
        adding = _adding(node.primitive)
        if entrywise:
            self.buffers.give(ended)
        buffer = self._written(i) if adding or isinstance(call, np.ufunc) else None
        if not entrywise:
            self.buffers.give(ended)
        if adding:
            return scatter_step(adding, operands[0], i, buffer, node.value)
        if node.primitive is matmul and self._is_long_stack(i):
            return stack_step(operands, i, buffer, node.value, self.nodes[operands[0]].shape[-1])
        return call_step(call, operands, i, buffer)

    def _is_long_stack(self, i: int) -> bool:
        """Whether a product is one of stacks of the same length that are worth sharing among the cores."""
        x, y = (self.nodes[j].shape for j in self.operands[i])
        return len(x) == len(y) > 2 and x[0] == y[0] and size_of(self.nodes[i].value) * x[-1] > 2 * PIECE

    def _together(self, group: Sequence[int], outputs: Sequence[int]) -> Step:
        """A run of operations entry by entry; what is used in it alone goes to buffers of the length of a block."""
        values = [node.value for node in self.nodes]
        shape = self.nodes[group[0]].shape
        rows = max(1, BLOCK * shape[0] // max(values[i].nbytes for i in group))
        outside = [j for j in dict.fromkeys(j for i in group for j in self.operands[i]) if j not in group]
        cut = [*outputs, *(j for j in outside if is_cut(values[j], shape))]
        whole = [j for j in outside if j not in cut]
        place = {j: k for k, j in enumerate([*whole, *cut])}
        spare = Buffers(len(place))
        last = {j: i for i in group for j in self.operands[i]}
        lines: list[Line] = []
        for i in group:
            taken = tuple([place[j] for j in self.operands[i]])
            inside = [j for j in dict.fromkeys(self.operands[i]) if j in group and j not in outputs]
            spare.give(place[j] for j in inside if last[j] == i)
            if i not in outputs:
                place[i] = spare.take(values[i][:rows])
            lines.append((self.calls[i], taken, place[i]))
        made = [(i, self._written(i), values[i]) for i in outputs]
        buffers = [self.buffers.take(like) for like in spare.like]
        self.buffers.give(buffers)
        return blocks_step(made, in_blocks(lines, whole, cut, buffers, shape[0], rows))


def _call(node: Any) -> Any:
    """What computes a node: a ufunc can be told where to write, and numbers go the way of the tape."""
    if node.primitive is None:
        return None
    if isinstance(node.primitive, Primitive):
        return node.primitive.array if node.shape else node.primitive
    return np.matmul if node.primitive is matmul else node.primitive.function


def _adding(primitive: Any) -> Any:
    """How an operation adds its result to an array in place, if it can."""
    return primitive.adding if isinstance(primitive, Structural) else None


def _kind(value: Any) -> Any:
    """What two arrays have in common that may be in one buffer after the other."""
    return getattr(value, "shape", ()), dtype_of(value), getattr(value, "strides", ())


def _owned(value: Any, copied: bool) -> Any:
    """A result that nothing else refers to."""
    return value.copy() if isinstance(value, np.ndarray) and (copied or not value.flags.writeable) else value
