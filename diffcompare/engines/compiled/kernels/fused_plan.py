"""A plan whose operations entry by entry run in kernels: one pass over memory for many, and no arrays between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.engines.compiled.arrays import prepared
from diffcompare.engines.compiled.kernels.fusion import Fusion
from diffcompare.engines.compiled.kernels.kernel import Kernel
from diffcompare.engines.compiled.kernels.loading import INSTALL, installed, loaded, too_long
from diffcompare.engines.compiled.kernels.ties import with_shares
from diffcompare.engines.compiled.plan import Plan, running
from diffcompare.engines.compiled.steps import Step
from diffcompare.errors import DiffCompareError
from diffcompare.expression.graph import Graph
from diffcompare.expression.primitives.structural import dtype_of


def fused(graph: Graph, checked: int = 0, fma: bool = False) -> Callable[[Sequence[Any]], list[Any] | None]:
    """As `planned`, by kernels wherever they can be.

    Raises `DiffCompareError` where there is no Numba, or it would compile for long.
    """
    reason = obstacle(graph)
    if reason:
        raise DiffCompareError(reason)
    return running(FusedPlan(prepared(graph), checked, fma))


def obstacle(graph: Graph) -> str:
    """Why there are no kernels for a program; empty where there may be."""
    return INSTALL if not installed() else too_long(graph.operations())


class FusedPlan(Plan):
    """The steps of a graph, runs of operations entry by entry as kernels."""

    def __init__(self, graph: Graph, checked: int = 0, fma: bool = False) -> None:
        self.fma = fma
        self.kernels: list[Kernel] = []
        super().__init__(with_shares(graph), checked)
        self.fusion.views.clear()  # arrays that nothing refers to any more

    def _groups(self) -> list[list[int]]:
        self.fusion = Fusion(self)
        for i, joins in enumerate(self.fusion.joins):
            if joins:  # what a kernel reads is the array, not the view
                self.operands[i] = tuple([self.fusion.base[j] for j in self.operands[i]])
        return self.fusion.order()

    def _together(self, group: Sequence[int], outputs: Sequence[int]) -> Step:
        """A run of operations as one kernel, called by a function that is written for it."""
        kernel = Kernel(self.fusion, group, outputs)
        self.kernels.append(kernel)
        space: dict[str, Any] = {"empty_like": np.empty_like, "kernel": loaded(kernel.text(self.fma))}
        lines, passing = [], []
        for i in kernel.made:
            value, view = self.nodes[i].value, self.fusion.views[i]
            if i in self.kept and view.shape:
                space[f"like{i}"] = value
                lines.append(f"values[{i}] = empty_like(like{i})")
                continue
            like = value if view.dtype == dtype_of(value) else view
            buffer = self.buffers.take(like if view.shape else view.reshape(1))
            lines.append(f"values[{i}] = values[{buffer}]")
            if view.shape and i in outputs:
                self.buffer_of[i] = buffer
            else:
                passing.append(buffer)
        self.buffers.give(passing)
        lines.append(f"kernel({', '.join(self._argument(kernel, j) for j in kernel.taken)})")
        for i in kernel.made:
            if not self.nodes[i].shape:
                number = ".item()" if type(self.nodes[i].value) in (float, bool) else "[0]"
                lines.append(f"values[{i}] = values[{i}]{number}")
        lines += [f"values[{i}] = values[{self.fusion.base[i]}]" for i in group if self.fusion.base[i] != i]
        exec("def step(values):\n" + "".join(f"    {line}\n" for line in lines), space)
        step: Step = space["step"]
        return step

    def _argument(self, kernel: Kernel, j: int) -> str:
        """What a kernel is given: a number, or an array's entries in one row, as they are in memory."""
        if kernel.is_number(j) or (j in kernel.made and len(self.nodes[j].shape) < 2):
            return f"values[{j}]"
        order = "K" if self.fusion.is_laid_out(j) else "C"
        return f"values[{j}].ravel({order!r})"
