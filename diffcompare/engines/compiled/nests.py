"""The text of a kernel: nests of loops over flat arrays, each with the operations that run over the same entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from diffcompare.engines.compiled.loading import options


class Access(NamedTuple):
    """Where the entries of a nest are in an array's memory: at offset + the sum of index times stride."""

    array: int
    offset: int
    strides: tuple[int, ...]  # in entries, one an axis of the nest


class Line(NamedTuple):
    """One operation: a formula of loaded entries and of {own}, what is there before, and where its result goes."""

    value: int  # the node
    formula: str
    target: Access
    start: str = ""  # what the array is filled with first where that is needed
    size: int = 0  # entries of the array


@dataclass
class Nest:
    """Loops over the axes of a space, around loads of entries, operations, and stores."""

    space: tuple[int, ...]
    loads: dict[Access, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def text(self, stored: Any) -> list[str]:
        """The lines of text; of the results only those in `stored` are written to memory."""
        accesses = [*self.loads, *(line.target for line in self.lines)]
        lead = next((access for access in reversed(accesses) if all(access.strides)), accesses[0])
        order = _loops(self.space, accesses, lead)
        text = [piece for line in self.lines if line.start for piece in _filled(line, self.space)]
        depths = [_depth(access, order) for access in self.loads]
        for depth in range(len(order) + 1):
            indent = "    " * depth
            if depth:
                text.append(f"{'    ' * (depth - 1)}for i{depth - 1} in range({order[depth - 1][1]}):")
            text += [
                f"{indent}{name} = {_entry(access, order)}"
                for (access, name), own in zip(self.loads.items(), depths, strict=True)
                if own == depth
            ]
        for line in self.lines:
            own = _entry(line.target, order)
            text.append(f"{indent}v{line.value} = {line.formula.replace('{own}', own)}")
            if line.value in stored:
                text.append(f"{indent}{own} = v{line.value}")
        return text


def kernel_text(nests: Sequence[Nest], stored: Any, parameters: Sequence[tuple[str, str]], fma: bool) -> str:
    """The kernel; parameters by name and type."""
    body = "".join(f"    {line}\n" for nest in nests for line in nest.text(stored))
    names, types = zip(*parameters, strict=True)
    return (
        "import numpy as np\nfrom numba import njit\n\n\n"
        f'@njit("void({", ".join(types)})", {options(fma)}, cache=CACHED)\n'
        f"def kernel({', '.join(names)}):\n{body}"
    )


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
    return f"m{access.array}[{' + '.join(terms) or '0'}]"


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
