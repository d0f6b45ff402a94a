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
    """One operation: a formula of loaded entries, and where its result goes."""

    value: int  # the node
    formula: str
    target: Access
    fill: int  # entries of the array that are 0 where the operation does not write; 0 where it writes all that is read


@dataclass
class Nest:
    """Loops over the axes of a space, around loads of entries, operations, and stores."""

    space: tuple[int, ...]
    loads: dict[Access, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def text(self, stored: Any) -> list[str]:
        """The lines of text; of the results only those in `stored` are written to memory."""
        accesses = [*self.loads, *(line.target for line in self.lines)]
        order = _loops(self.space, accesses, self.lines[0].target)
        text = [piece for line in self.lines if line.fill for piece in _filled(line, self.space)]
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
            text.append(f"{indent}v{line.value} = {line.formula}")
            if line.value in stored:
                text.append(f"{indent}{_entry(line.target, order)} = v{line.value}")
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
    """Zeros where a line does not write: around it where it writes one piece, else everywhere."""
    array, offset, _ = line.target
    loops = _loops(space, [line.target], line.target)
    count = int(np.prod(space))
    whole = len(loops) == 0 or (len(loops) == 1 and line.target.strides[loops[0][0][-1]] == 1)
    pieces = [(0, offset), (offset + count, line.fill)] if whole else [(0, line.fill)]
    return [
        piece
        for start, end in pieces
        if start < end
        for piece in (f"for i in range({start}, {end}):", f"    m{array}[i] = 0")
    ]
