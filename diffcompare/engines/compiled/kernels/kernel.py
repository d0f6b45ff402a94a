"""A run of operations entry by entry as one kernel: its nests of loops, what they store, and the arrays they take."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from diffcompare.engines.compiled.kernels.fusible import formula
from diffcompare.engines.compiled.kernels.fusion import Fusion
from diffcompare.engines.compiled.kernels.nests import Access, Line, Nest, Row, kernel_text
from diffcompare.engines.compiled.kernels.reductions import REDUCTIONS
from diffcompare.expression.graph import Node

READ_ONLY = "Array({}, 1, 'C', readonly=True)"


class Kernel:
    """Operations in as few nests as their order allows; a value that only its own nest uses is in no array."""

    def __init__(self, fusion: Fusion, run: Sequence[int], used_later: Collection[int]) -> None:
        self.fusion, self.nodes = fusion, fusion.nodes
        self.nests: list[Nest] = []
        self.last: dict[int, tuple[int, Access | None, int]] = {}  # by array: its nest, place and node
        self.read: set[int] = set()
        for i in run:
            self._add(i)
        own = {i for i in run if fusion.base[i] == i}
        self.stored = {
            i for i in run if i in used_later or fusion.base[i] in self.read or fusion.target(i) is not fusion.views[i]
        }  # fmt: skip
        self.made = sorted(own & self.stored)  # the arrays that it fills
        self.changed = {fusion.base[i] for i in run} - own  # arrays that were there before and are added to
        self.taken = sorted(self.read | set(self.made) | self.changed)  # arrays and numbers, in the order of a call

    def is_number(self, j: int) -> bool:
        """Whether what it takes is a number: one that it makes goes to an array of one entry."""
        return not self.nodes[j].shape and j not in self.made

    def text(self, fma: bool) -> str:
        """The kernel as Python text for Numba."""
        return kernel_text(self.nests, self.stored, [(self._name(j), self._type(j)) for j in self.taken], fma)

    def _name(self, j: int) -> str:
        return f"{'s' if self.is_number(j) else 'm'}{j}"

    def _type(self, j: int) -> str:
        kind = "boolean" if self.fusion.kind(j).kind == "b" else str(self.fusion.kind(j))
        if self.is_number(j):
            return kind
        return f"{kind}[::1]" if j in self.made or j in self.changed else READ_ONLY.format(kind)

    def _add(self, i: int) -> None:
        """An operation, in the first nest that runs over the same entries after all that it reads is there."""
        fusion = self.fusion
        view = fusion.target(i)
        space = tuple(n for n in view.shape if n != 1)
        target = fusion.access(i, view, view.shape)
        operands = fusion.operands[i][i in fusion.plan.parts :]  # what a part is added to is its target
        reads = [_literal(self.nodes[j]) or fusion.access(j, fusion.views[j], view.shape) for j in operands]
        first = max(self._earliest(read, space) for read in (*reads, target))
        place = next((k for k in range(first, len(self.nests)) if self.nests[k].space == space), len(self.nests))
        if place == len(self.nests):
            self.nests.append(Nest(space))
        texts = [read if isinstance(read, str) else self._entry(read, place) for read in reads]
        row = Row(fusion.row(i), _behind(space, target), str(fusion.kind(i))) if fusion.row(i) else None
        written = texts[0] if row else self._formula(i, operands, texts)
        self.nests[place].lines.append(Line(i, written, target, fusion.start(i), fusion.views[i].size, row))
        whole = None if fusion.is_reduction(i) else target
        self.last[target.array] = place, whole, i

    def _earliest(self, read: Access | str, space: tuple[int, ...]) -> int:
        """The first nest that may read an entry: the one that makes it, if it is made just there, or the next."""
        if isinstance(read, str) or read.array not in self.last:
            return 0
        place, written, _ = self.last[read.array]
        return place if written == read and self.nests[place].space == space else place + 1

    def _entry(self, read: Access, place: int) -> str:
        """The name of an entry in a nest: that of the operation that makes it there, or of what is loaded."""
        made_in, written, i = self.last.get(read.array, (-1, None, -1))
        if made_in == place and written == read:
            return f"v{i}"
        self.read.add(read.array)
        if made_in < 0 and not self.nodes[read.array].shape:
            return f"s{read.array}"
        loads = self.nests[place].loads
        return loads.setdefault(read, f"x{place}_{len(loads)}")

    def _formula(self, i: int, operands: Sequence[int], texts: Sequence[str]) -> str:
        if i in self.fusion.plan.parts:
            return f"{{own}} + {texts[0]}"
        if self.fusion.is_reduction(i):
            primitive = self.nodes[i].primitive
            assert primitive is not None
            return REDUCTIONS[primitive.name][1].format("{own}", texts[0])
        if self.fusion.writes_a_part(i):  # what NumPy adds to zeros
            return f"np.{self.fusion.kind(i)}(0) + {texts[0]}"
        kinds = [self.fusion.kind(j) for j in operands]
        return formula(self.nodes[i], [self.nodes[j] for j in operands], texts, kinds)


def _behind(space: tuple[int, ...], target: Access) -> tuple[int, ...]:
    """The strides in a row of the axes that it is made of: those along which the target stands still."""
    own = [n if stride == 0 else 0 for n, stride in zip(space, target.strides, strict=True)]
    return tuple(int(np.prod(own[k + 1 :])) if own[k] else 0 for k in range(len(space)))


def _literal(node: Node) -> str | None:
    """A number of the program as text."""
    if type(node.constant) not in (int, float, bool):
        return None
    return repr(node.value) if np.isfinite(node.value) else f"float('{node.value}')"
