"""What of a plan goes into kernels: which operations, where in memory their operands are, and the order of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from diffcompare.engines.compiled.kernels.fusible import FLOATS, entry_kind, is_fusible, result_kind
from diffcompare.engines.compiled.kernels.nests import Access
from diffcompare.engines.compiled.kernels.reductions import REDUCTIONS, is_one_by_one, is_sum_of_rows, row_length
from diffcompare.engines.compiled.plan import MOVES, Plan
from diffcompare.expression.primitives import PRIMITIVES, Structural
from diffcompare.expression.primitives.stepwise import beats, holds
from diffcompare.expression.primitives.structural import dtype_of, size_of

MULTIPLY = PRIMITIVES["multiply"]
FEWEST = 2  # operations that are worth a kernel


class Fusion:
    """The operations that join kernels, and of each value the array that it is in.

    Views (slices, transposes, copies along an axis) are no operations here: a kernel reads the entries where they are.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.nodes = plan, plan.nodes
        self.operands = list(plan.operands)
        self.joins: list[bool] = []
        for i in range(len(self.nodes)):
            self.joins.append(self._can_join(i))
        while True:
            self._leave(self._corners_used_elsewhere())
            self.views: list[Any] = []  # arrays laid out as the values are, of which only the addresses count
            self.base: list[int] = []  # the node in whose array each value is
            for i in range(len(self.nodes)):
                self._place(i)
            self.level, self.made = self._levels()
            self._sink()
            self.runs: dict[int, list[int]] = {}
            for i, level in enumerate(self.level):
                if self.joins[i]:
                    self.runs.setdefault(level, []).append(i)
            left = [run[0] for run in self.runs.values() if len(run) < FEWEST]
            left += [i for i in self.plan.parts if self.joins[i] and not self.is_laid_out(self.base[i])]
            if not left:
                break
            self._leave(left)

    def order(self) -> list[list[int]]:
        """Kernels and NumPy's operations by turns, each as early as it can be; views only where NumPy takes them."""
        needed = self._views_that_numpy_takes()
        rest: dict[int, list[list[int]]] = {}
        for i, node in enumerate(self.nodes):
            if node.primitive is not None and not self.joins[i] and (not self._is_view(i) or i in needed):
                rest.setdefault(self.level[i], []).append([i])
        order = rest.get(-1, [])
        for level in range(max(self.level, default=-1) + 1):
            order += [self.runs[level]] * (level in self.runs) + rest.get(level, [])
        return order

    def target(self, i: int) -> Any:
        """The view of an array that an operation of a kernel writes."""
        if self.is_reduction(i):
            return np.broadcast_to(self.views[i], self.nodes[self.operands[i][0]].shape)
        return _part(self._scatter(i), self.views[i]) if self.writes_a_part(i) else self.views[i]

    def is_reduction(self, i: int) -> bool:
        """Whether an operation of a kernel takes the entries along an axis together."""
        node = self.nodes[i]
        return self.joins[i] and isinstance(node.primitive, Structural) and node.primitive.name in REDUCTIONS

    def row(self, i: int) -> int:
        """The entries of a row that an operation adds up; 0 where it adds up none."""
        node, operands = self.nodes[i], [self.nodes[j] for j in self.operands[i]]
        return row_length(node, operands[0]) if self.is_reduction(i) and is_sum_of_rows(node, operands[0]) else 0

    def start(self, i: int) -> str:
        """What the array of an operation is filled with before it writes; empty where it writes it all."""
        node = self.nodes[i]
        if self.is_reduction(i):
            assert node.primitive is not None
            return "" if self.row(i) else REDUCTIONS[node.primitive.name][0]
        return "0" if _scatters(node) and self.target(i).size < size_of(node.value) else ""

    def writes_a_part(self, i: int) -> bool:
        """Whether an operation adds to a part of an array, of zeros or of one that is there."""
        return i in self.plan.parts or _scatters(self.nodes[i])

    def access(self, j: int, view: Any, shape: tuple[int, ...]) -> Access:
        """Where a view of the array of a value is, entry by entry of a shape."""
        spread = np.broadcast_to(view, shape)
        start = _address(view) - _address(self.views[self.base[j]])
        strides = (stride // view.itemsize for stride, n in zip(spread.strides, shape, strict=True) if n != 1)
        return Access(self.base[j], start // view.itemsize, tuple(strides))

    def kind(self, i: int) -> np.dtype[Any]:
        """The type in which a value is kept."""
        if not self.joins[i] or self.nodes[i].primitive is not beats:
            return dtype_of(self.nodes[i].value)
        return result_kind(self.nodes[i], [self.nodes[j] for j in self.operands[i]])

    def is_laid_out(self, i: int) -> bool:
        """Whether the layout of a value's array in memory is known: that of the traced value."""
        node = self.nodes[i]
        if node.constant is not None:
            return np.shares_memory(np.ravel(node.constant, "K"), node.constant)
        buffered = isinstance(self.plan.calls[i], np.ufunc) and self.plan.root[i] not in self.plan.kept
        return self.joins[i] or _scatters(node) or buffered

    def _can_join(self, i: int) -> bool:
        node, operands = self.nodes[i], [self.nodes[j] for j in self.operands[i]]
        if node.primitive is None or not operands or not all(size_of(x.value) for x in (node, *operands)):
            return False
        if self.writes_a_part(i):
            kinds = {dtype_of(x.value) for x in (node, *operands)}
            return len(kinds) == 1 and kinds <= FLOATS and _part(self._scatter(i), np.empty(node.shape)) is not None
        source = self.plan.root[self.operands[i][0]]
        if is_one_by_one(node, operands[0]):
            return self.nodes[source].primitive is not None  # an argument may come in another layout
        if is_sum_of_rows(node, operands[0]):
            return self.joins[source]  # of an array that is kept anyway NumPy's sum is as fast
        return is_fusible(node, operands)

    def _scatter(self, i: int) -> Any:
        """The scatter that an operation is, or whose sum with an array it is."""
        return self.nodes[self.plan.parts.get(i, i)].primitive

    def _leave(self, places: Iterable[int]) -> None:
        for i in places:
            self.joins[i] = False

    def _corners_used_elsewhere(self) -> list[int]:
        """Slopes at corners, a number in kernels, that something takes which might tell it from a truth value."""
        found = {i for i in self.plan.graph.outputs if self.nodes[i].primitive is beats}
        for i, operands in enumerate(self.operands):
            corners = {j for j in operands if self.nodes[j].primitive is beats and self.joins[j]}
            if corners and not self._is_product(i, corners):
                found |= corners
        return sorted(found)

    def _is_product(self, i: int, corners: set[int]) -> bool:
        """Whether an operation in a kernel multiplies one slope at a corner by a number, in the slope's type."""
        operands = [self.nodes[j] for j in self.operands[i]]
        others = [j for j in self.operands[i] if j not in corners]
        return (
            self.joins[i] and self.nodes[i].primitive is MULTIPLY and len(others) == 1
            and dtype_of(self.nodes[others[0]].value) in FLOATS
            and all(self.kind(j) == entry_kind(self.nodes[i], operands) for j in corners)
        )  # fmt: skip

    def _place(self, i: int) -> None:
        """The array that a value is in, and where."""
        node, operands = self.nodes[i], self.operands[i]
        if i in self.plan.parts:
            self.views.append(self.views[operands[0]])
            self.base.append(self.base[operands[0]])
            return
        if node.primitive is not None and operands and (node.primitive.name in MOVES or self._keeps(i)):
            source = self.views[operands[0]]
            view = source.reshape(node.shape) if node.primitive.name == "reshape" else node.primitive.function(source)
            if isinstance(view, np.ndarray) and np.may_share_memory(view, source):
                self.views.append(view)
                self.base.append(self.base[operands[0]])
                return
        laid_out = self.is_laid_out(i) and node.shape
        like = np.empty_like(node.value, self.kind(i)) if laid_out else np.empty(node.shape, self.kind(i))
        self.views.append(like)
        self.base.append(i)

    def _keeps(self, i: int) -> bool:
        """Whether it is the question whether conditions hold that are truth values already."""
        return self.nodes[i].primitive is holds and not self.joins[i]

    def _levels(self) -> tuple[list[int], list[bool]]:
        """How many kernels each value has to wait for, and whether one makes it."""
        level, made = [-1] * len(self.nodes), list(self.joins)
        for i, operands in enumerate(self.operands):
            if self.joins[i]:
                level[i] = max(level[j] + (not made[j]) for j in operands)
            elif operands:
                level[i] = max(level[j] for j in operands)
                made[i] = self._is_view(i) and made[operands[0]]
        return level, made

    def _sink(self) -> None:
        """What is made of one array is made where it is used, so that it need not be kept until then."""
        latest = [len(self.nodes)] * len(self.nodes)  # by array: the first level at which it is used
        for i in range(len(self.nodes) - 1, -1, -1):
            if self._is_view(i):
                continue
            arrays = {self.base[j] for j in self.operands[i] if self.nodes[j].constant is None}
            if self.joins[i] and self.target(i) is self.views[i] and len(arrays) == 1 and latest[i] < len(self.nodes):
                self.level[i] = latest[i]
            for j in self.operands[i]:
                latest[self.base[j]] = min(latest[self.base[j]], self.level[i])

    def _views_that_numpy_takes(self) -> set[int]:
        needed = set(self.plan.graph.outputs)
        for i in range(len(self.nodes) - 1, -1, -1):
            if not self.joins[i] and (not self._is_view(i) or i in needed):
                needed.update(self.operands[i])
        return needed

    def _is_view(self, i: int) -> bool:
        return self.base[i] != i and i not in self.plan.parts


def _scatters(node: Any) -> bool:
    return node.primitive is not None and node.primitive.name == "scatter"


def _part(primitive: Any, array: Any) -> Any:
    """The part of an array that a scatter adds to, as a view; None where it is none."""
    part = primitive.pullback(0, array, None, ())
    return part if isinstance(part, np.ndarray) and np.may_share_memory(part, array) else None


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
