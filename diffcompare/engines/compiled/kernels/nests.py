"""The text of a kernel: nests of loops over flat arrays, each with the operations that run over the same entries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from diffcompare.engines.compiled.kernels.loading import options
from diffcompare.engines.compiled.kernels.reductions import ROW_SUM, row_parts, sum_of_parts


class Access(NamedTuple):
    """Where the entries of a nest are in an array's memory: at offset + the sum of index times stride."""

    array: int
    offset: int
    strides: tuple[int, ...]  # in entries, one an axis of the nest


class Row(NamedTuple):
    """Entries that a nest puts side by side, to be added up when all are there."""

    length: int
    strides: tuple[int, ...]  # of an entry's place, one an axis of the nest
    kind: str


class Line(NamedTuple):
    """One operation: a formula of loaded entries and of {own}, what is there before, and where its result goes."""

    value: int  # the node
    formula: str
    target: Access
    start: str = ""  # what the array is filled with first where that is needed
    size: int = 0  # entries of the array
    row: Row | None = None  # the formula's values, of which the target receives the sum


@dataclass
class Nest:
    """Loops over the axes of a space, around loads of entries, operations, and stores."""

    space: tuple[int, ...]
    loads: dict[Access, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def text(self, stored: Collection[int]) -> list[str]:
        """The lines of text; of the results only those in `stored` are written to memory."""
        accesses = [*self.loads, *(line.target for line in self.lines)]
        rows = {line.value: Access(line.value, 0, line.row.strides) for line in self.lines if line.row}
        loops = _loops(self.space, [*accesses, *rows.values()], self._lead(accesses, bool(rows)))
        text = [piece for line in self.lines if line.start for piece in _filled(line, self.space)]
        for depth in range(len(loops) + 1):
            if depth:
                text.append(f"{'    ' * (depth - 1)}for i{depth - 1} in range({loops[depth - 1][1]}):")
            text += [
                f"{'    ' * depth}{name} = m{_entry(access, loops)}"
                for access, name in self.loads.items()
                if _depth(access, loops) == depth
            ]
        for line in self.lines:
            own = f"m{_entry(line.target, loops)}"
            if line.row:
                written = [f"r{_entry(rows[line.value], loops)} = {line.formula}"]
            else:
                written = [f"v{line.value} = {line.formula.replace('{own}', own)}"]
                written += [f"{own} = v{line.value}"] * (line.value in stored)
            text += ["    " * len(loops) + piece for piece in written]
        for depth in range(len(loops), -1, -1):
            for line in self.lines:
                if line.row and _depth(line.target, loops) == depth:
                    text += ["    " * depth + piece for piece in _row_sum(line, f"m{_entry(line.target, loops)}")]
        return text

    def _lead(self, accesses: Sequence[Access], by_axis: bool) -> Access:
        """The array in the order of whose memory the loops run: one that each entry has a place in."""
        in_order = Access(-1, 0, tuple(int(np.prod(self.space[k + 1 :])) for k in range(len(self.space))))
        every = (access for access in reversed(accesses) if all(access.strides))
        return in_order if by_axis else next(every, in_order)


def kernel_text(
    nests: Sequence[Nest], stored: Collection[int], parameters: Sequence[tuple[str, str]], fma: bool
) -> str:
    """The kernel; parameters by name and type."""
    rows = [(line.value, line.row) for nest in nests for line in nest.lines if line.row]
    lines = [
        f"{name}{value} = np.empty({length}, np.{row.kind})"
        for value, row in rows
        for name, length in (("r", row.length), ("p", len(row_parts(0, row.length))))
    ]
    body = "".join(f"    {line}\n" for line in (*lines, *(line for nest in nests for line in nest.text(stored))))
    names, types = zip(*parameters, strict=True)
    starts = "".join(f"s{value} = {(*row_parts(0, row.length), row.length)}\n" for value, row in rows)
    helper = f"@njit({options(fma)}){ROW_SUM}\n\n" if rows else ""
    return (
        f"import numpy as np\nfrom numba import njit\n\n{starts}\n\n{helper}"
        f'@njit("void({", ".join(types)})", {options(fma)}, cache=CACHED)\n'
        f"def kernel({', '.join(names)}):\n{body}"
    )


def _row_sum(line: Line, target: str) -> list[str]:
    """The sum of a row that is complete."""
    assert line.row is not None
    i, length = line.value, line.row.length
    starts = row_parts(0, length)
    return [
        f"for k in range({len(starts)}):",
        f"    p{i}[k] = row_sum(r{i}, s{i}[k], s{i}[k + 1])",
        f"{target} = np.{line.row.kind}(0) + {sum_of_parts(f'p{i}', 0, length)}",
    ]


Loop = tuple[tuple[int, ...], int]  # the axes of the space that it runs over as one, and its length


def _loops(space: tuple[int, ...], accesses: Sequence[Access], lead: Access) -> list[Loop]:
    """The loops in the order of the leading array's memory; axes that lie behind each other in all arrays are one."""
    order = sorted(range(len(space)), key=lambda axis: -abs(lead.strides[axis]))
    loops: list[Loop] = []
    for axis in order:
        n = space[axis]
        if loops and all(a.strides[loops[-1][0][-1]] == n * a.strides[axis] for a in accesses):
            loops[-1] = (*loops[-1][0], axis), loops[-1][1] * n
        else:
            loops.append(((axis,), n))
    return loops


def _depth(access: Access, loops: Sequence[Loop]) -> int:
    """How many loops stand around a load."""
    return max((k + 1 for k, (axes, _) in enumerate(loops) if access.strides[axes[-1]]), default=0)


def _entry(access: Access, loops: Sequence[Loop]) -> str:
    terms = [str(access.offset)] if access.offset else []
    for k, (axes, _) in enumerate(loops):
        stride = access.strides[axes[-1]]
        if stride:
            terms.append(f"i{k}" if stride == 1 else f"{stride} * i{k}")
    return f"{access.array}[{' + '.join(terms) or '0'}]"


def _filled(line: Line, space: tuple[int, ...]) -> list[str]:
    """The array filled: around what the line writes where that is one piece, else everywhere."""
    array, offset, _ = line.target
    count = int(np.prod(space))
    one_piece = all(line.target.strides[axes[-1]] == 1 for axes, _ in _loops(space, [line.target], line.target))
    pieces = [(0, offset), (offset + count, line.size)] if one_piece else [(0, line.size)]
    return [
        text
        for start, end in pieces
        if start < end
        for text in (f"for i in range({start}, {end}):", f"    m{array}[i] = {line.start}")
    ]
