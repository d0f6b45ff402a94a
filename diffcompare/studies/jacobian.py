"""The Jacobian pass by pass: columns by forward mode, rows by reverse mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diffcompare.engines.budget import within
from diffcompare.engines.jacobian import jacobian_columns, jacobian_rows
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import function
from diffcompare.studies.study import Study

GIVEN = 30.0  # seconds for all passes


@dataclass(frozen=True, slots=True)
class Pass:
    """One sweep over the graph: its seed and the part of the Jacobian it gives."""

    seed: dict[str, float]
    entries: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class JacobianPasses(Study):
    """The Jacobian, shape (m, n), with the passes that built it."""

    function: str
    variables: tuple[str, ...]
    mode: str
    jacobian: tuple[tuple[float, ...], ...]
    passes: tuple[Pass, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        part = "column" if self.mode == "forward" else "row"
        passes = [{"seed": p.seed, part: list(p.entries)} for p in self.passes]
        return {"jacobian": [list(row) for row in self.jacobian], "passes": passes}


def jacobian_passes(f: Any, at: Mapping[str, Any], mode: str | None = None) -> JacobianPasses:
    """The Jacobian at a point with its passes; without a mode, the one that needs fewer passes.

    Forward mode seeds x_dot = e_j and gives column j; reverse mode seeds y_bar = e_i and gives row i.
    Raises `DiffCompareError` for an unknown mode, `BudgetError` where all passes would take longer than 30 seconds.

    >>> import diffcompare as dc
    >>> passes = jacobian_passes("[x*y, sin(x)]", at={"x": 0, "y": 3}, mode="reverse")
    >>> passes.jacobian, len(passes.passes)
    (((3.0, 0.0), (1.0, 0.0)), 2)
    """
    source = function(f)
    graph = source.trace(at)
    inputs = graph.names
    outputs = [f"y{i + 1}" for i in range(len(graph.outputs))]
    chosen = mode or ("forward" if len(inputs) < len(outputs) else "reverse")
    if chosen not in ("forward", "reverse"):
        raise DiffCompareError(f"there is no mode {chosen}; the modes are forward and reverse")
    with within(GIVEN):
        sweeps = jacobian_columns(graph) if chosen == "forward" else jacobian_rows(graph)
    parts = [tuple(float(entry) for entry in sweep) for sweep in sweeps]
    seeded = inputs if chosen == "forward" else outputs
    passes = tuple(Pass({name: float(i == k) for i, name in enumerate(seeded)}, part) for k, part in enumerate(parts))
    if chosen == "forward":
        parts = [tuple(column[i] for column in parts) for i in range(len(outputs))]
    return JacobianPasses(source.name, inputs, chosen, tuple(parts), passes)
