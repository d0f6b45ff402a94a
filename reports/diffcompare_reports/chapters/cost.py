"""What a gradient costs against the number of inputs, and how the engines scale."""

from __future__ import annotations

from typing import Any

from diffcompare.expression.catalog import CATALOG
from diffcompare_reports.chapters.subject import Subject
from diffcompare_reports.style import ENGINES, title_of
from diffcompare_reports.typst_numbers import duration, integer

SIZES = (1, 10, 100)
SCALES = (10, 32, 100, 316, 1000, 3162, 10000)
SCALING_SECONDS = 0.1  # of one engine at one size


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


def scaling(subject: Subject) -> dict[str, Any]:
    """How time and memory grow with inputs, outputs and operations, with the fitted powers beside the lecture's."""
    from diffcompare.studies.scaling import scaling as study_scaling
    from diffcompare_reports.scaling_figure import LETTERS, draw_scaling

    study = study_scaling(sizes=SCALES, seconds=SCALING_SECONDS)
    subject.figures["scaling"] = draw_scaling(study)
    grown = {(g.engine, g.quantity, g.axis): g for g in study.growths}
    rows = []
    for engine in dict.fromkeys(row.engine for row in study.rows):
        cells = []
        for quantity in ("evaluations", "runs", "peak_bytes"):
            of_axes = [grown.get((engine, quantity, axis)) for axis in LETTERS]
            cells += [f"{g.power.exponent:.2f}".replace("-0.00", "0.00") if g else "dash.em" for g in of_axes]
        claims = [grown.get((engine, "evaluations", axis)) for axis in LETTERS]
        lecture = [f"{g.claim:g}" if g and g.claim is not None else "dash.em" for g in claims]
        rows.append({"title": title_of(engine), "lecture": lecture, "powers": cells})
    return {"rows": rows, "largest": integer(max(row.size for row in study.rows))}
