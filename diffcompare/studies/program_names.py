"""What the parts of a tangent or adjoint program are called: variables, seeds, intermediate variables, conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from diffcompare.expression.graph import Graph
from diffcompare.expression.identifiers import Identifiers, Language
from diffcompare.expression.notation import Notation
from diffcompare.studies.lecture_notation import letter

ENTRY = re.compile(r"(.*)\[(\d+(?:,\d+)*)\]")


class Name(NamedTuple):
    """v_i of the lecture, its tangent (mark "dot") or its adjoint ("bar"); the inputs are 1-n .. 0."""

    number: int | None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A program to be written: inputs are the variables and then the seeds; outputs values, derivatives, conditions."""

    graph: Graph
    mode: str
    variables: tuple[str, ...]  # "x", or "x[0]", "x[1]" for a vector variable
    values: int
    results: int  # values and derivatives
    named: list[tuple[Name, int]]
    decisions: tuple[Any, ...]

    @property
    def primitives(self) -> list[str]:
        """The name of every operation of the program."""
        nodes = (self.graph.nodes[i] for i in needed(self.graph))
        return [node.primitive.name for node in nodes if node.primitive is not None and node.primitive.name != "copy"]


class Argument(NamedTuple):
    """One variable of the program: its shape, and how each entry is read."""

    name: str
    shape: tuple[int, ...]
    entries: list[str]


class Names(NamedTuple):
    """The names of a program."""

    arguments: list[Argument]
    seeds: list[str]  # of the adjoints of the outputs, or the tangents of the variables
    intermediate: list[str]  # of `named`, in its order
    conditions: list[str]
    other: Callable[[int], str]

    @property
    def entries(self) -> list[str]:
        """How each scalar variable is read."""
        return [entry for argument in self.arguments for entry in argument.entries]


def needed(graph: Graph) -> list[int]:
    """The nodes that the outputs need, in order."""
    found = set(graph.outputs)
    for i in range(len(graph.nodes) - 1, -1, -1):
        if i in found:
            found.update(graph.nodes[i].operands)
    return sorted(found)


def identifiers(listing: Listing, notation: Notation, language: Language) -> Identifiers:
    """Names for a program; those of what it calls are given already."""
    calls = [notation.call(name, "") for name in listing.primitives if name not in notation.rules]
    return Identifiers(language, [call.partition("(")[0].partition(".")[0] for call in calls])


def identified(listing: Listing, names: Identifiers, flat: bool = False) -> Names:
    """Identifiers for everything, the variables first: a program is called by their names.

    Where arrays are `flat`, they have one index.
    """
    own = arguments(listing.variables, names, flat)
    stems = [variable.translate(str.maketrans(",", "_", "[]")) for variable in listing.variables]
    if listing.mode == "reverse":
        seeds = [names(f"y{k + 1}_bar") for k in range(listing.values)]
    else:
        seeds = [names(f"{stem}_dot") for stem in stems]
    intermediate = []
    for (number, mark), _ in listing.named:
        assert number is not None
        stem = f"v{number}" if number > 0 else stems[number - 1]
        intermediate.append(names(f"{stem}_{mark}" if mark else stem))
    conditions = [names(f"c{k + 1}") for k in range(len(listing.decisions))]
    return Names(own, seeds, intermediate, conditions, lambda k: names(f"t{k}"))


def lettered(listing: Listing) -> Names:
    """The lecture's letters in LaTeX."""
    n = len(listing.variables)
    inputs = [Argument(letter(k).latex, (), [letter(k).latex]) for k in range(1 - n, 1)]
    if listing.mode == "reverse":
        seeds = [rf"\bar{{y}}_{{{k + 1}}}" for k in range(listing.values)]
    else:
        seeds = [letter(k, "dot").latex for k in range(1 - n, 1)]
    intermediate = [letter(name.number or 0, name.mark).latex for name, _ in listing.named]
    conditions = [f"c_{{{k + 1}}}" for k in range(len(listing.decisions))]
    return Names(inputs, seeds, intermediate, conditions, "t_{{{}}}".format)


def arguments(variables: Sequence[str], names: Identifiers, flat: bool = False) -> list[Argument]:
    """The variables from the names of their entries.

    >>> from diffcompare.expression.identifiers import PYTHON
    >>> [(a.name, a.entries) for a in arguments(["x[0]", "x[1]", "lambda"], Identifiers(PYTHON))]
    [('x', ['x[0]', 'x[1]']), ('lambda_', ['lambda_'])]
    """
    parts: dict[str, list[tuple[int, ...]]] = {}
    for variable in variables:
        match = ENTRY.fullmatch(variable)
        name, place = (match[1], tuple(map(int, match[2].split(",")))) if match else (variable, ())
        parts.setdefault(name, []).append(place)
    found = []
    for name, places in parts.items():
        own = names(name)
        shape = tuple(1 + max(axis) for axis in zip(*places, strict=True))
        keys = [(int(np.ravel_multi_index(place, shape)),) for place in places] if flat and shape else places
        found.append(Argument(own, shape, [own + "".join(f"[{k}]" for k in key) for key in keys]))
    return found
