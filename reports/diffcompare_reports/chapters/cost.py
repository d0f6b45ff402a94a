"""What a gradient costs against the number of inputs."""

from __future__ import annotations

from typing import Any

from diffcompare.expression.catalog import CATALOG
from diffcompare_reports.chapters.subject import Subject
from diffcompare_reports.style import ENGINES
from diffcompare_reports.typst_numbers import duration, integer

SIZES = (1, 10, 100)


def cost(subject: Subject) -> dict[str, Any]:
    """Counts and times of a gradient against n, of the book's function where it takes any n."""
    from diffcompare.studies.cost import cost as study_cost
    from diffcompare_reports.cost_figure import draw_cost

    entry = CATALOG.get(subject.function.name)
    own = entry is not None and entry.sized is not None
    study = study_cost(subject.function.name if own else "rosenbrock", SIZES)
    subject.figures["cost"] = draw_cost(study)
    found = {(row.engine, row.n): row for row in study.rows}
    rows = []
    for engine in dict.fromkeys(row.engine for row in study.rows):
        of_size = [found.get((engine, n)) for n in study.sizes]
        rows.append({
            "title": ENGINES[engine],
            "evaluations": [integer(row.evaluations) if row else "" for row in of_size],
            "operations": ["" if row is None or row.operations is None else integer(row.operations) for row in of_size],
            "times": [duration(row.seconds if row else None) for row in of_size],
        })  # fmt: skip
    largest = [row for row in study.rows if row.n == max(study.sizes)]
    return {
        "rows": rows, "sizes": [str(n) for n in study.sizes], "n": str(max(study.sizes)),
        "function": study.function.capitalize(), "own": own, "left_out": list(study.left_out),
        "ratios": [{"title": ENGINES[row.engine], "ratio": f"{row.ratio_to_function:.3g}"} for row in largest],
    }  # fmt: skip
