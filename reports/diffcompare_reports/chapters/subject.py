"""What a book is about, a function at a point, and what all its chapters need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from diffcompare.engines import DEFAULT, engine_named
from diffcompare.errors import DiffCompareError
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.function import Function, function
from diffcompare.expression.notation import TYPST
from diffcompare_reports.typst_numbers import mathematics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN_VARIABLES = 6  # of a point or a gradient on the first page
LONGEST_TRACE = 36  # lines of a table; beyond it the middle is left out


@dataclass(frozen=True)
class Subject:
    """The function of the book at its point, and the figures drawn so far."""

    function: Function
    at: Mapping[str, Any]
    classic: bool  # the lecture's function: the book then shows the classic examples of the literature beside it
    names: tuple[str, ...]  # of the scalar inputs
    outputs: int
    engines: tuple[str, ...] = DEFAULT  # that are compared
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def first_output(self) -> Function:
        """The function itself, or its first output where it has several."""
        if self.outputs == 1:
            return self.function
        whole = self.function
        return Function(lambda **arguments: whole(**arguments)[0], "y1", tuple(self.at))


def subject_of(source: Any, at: Mapping[str, Any] | None, engines: Sequence[str] = DEFAULT) -> Subject:
    """The user's function at the user's point, or the lecture's; raises `DiffCompareError` for an unknown engine."""
    entry = CATALOG["lecture"]
    chosen = entry.function() if source is None else function(source)
    point = chosen.at(entry.at if source is None and at is None else at or {})
    graph = chosen.trace(point)
    compared = tuple(engine_named(name).name for name in engines)
    return Subject(chosen, point, source is None, graph.names, len(graph.outputs), compared)


def summary(subject: Subject) -> dict[str, Any]:
    """What is differentiated, and where."""
    values = [node.value for node in subject.function.trace(subject.at).nodes[: len(subject.names)]]
    point = [f"{TYPST.variable(n)} = {mathematics(v, 8)}" for n, v in zip(subject.names, values, strict=True)]
    return {
        "typst": subject.function.typst(),
        "text": shortened(subject.function.text()),
        "names": {name: TYPST.variable(name) for name in subject.names},
        "point": point[:SHOWN_VARIABLES],
        "hidden": max(len(point) - SHOWN_VARIABLES, 0),
    }


def available(chapter: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """The chapter's data, or why it does not apply to this function."""
    try:
        return chapter(*arguments)
    except DiffCompareError as error:
        return {"unavailable": f"This chapter does not apply here: {str(error).splitlines()[0]}."}


def ends(lines: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """The lines, or the first and the last of too many, and how many are left out."""
    if len(lines) <= LONGEST_TRACE:
        return lines, 0
    first, last = LONGEST_TRACE * 2 // 3, LONGEST_TRACE // 3
    return [*lines[:first], *lines[-last:]], len(lines) - LONGEST_TRACE


def shortened(text: str, most: int = 500) -> str:
    """The text, cut where it is too long for a page."""
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters)"


def sentence(text: str) -> str:
    """The words with a capital at the start and a full stop at the end."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."
