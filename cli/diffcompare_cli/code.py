"""diffcompare code: the tangent or adjoint program as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, format_option, function_argument
from diffcompare_cli.layout import as_json

if TYPE_CHECKING:
    from diffcompare.studies.program_text import ProgramText


@study_command("code")
@function_argument()
@at_option
@click.option("--mode", type=click.Choice(("forward", "reverse")), default="reverse", show_default=True)
@click.option(
    "--target", type=click.Choice(("python", "numpy", "c", "latex")), default="python", show_default=True,
    help="The language: Python for one point, NumPy for arrays of points, C, or an align environment.",
)  # fmt: skip
@format_option
def command(source: str, at: tuple[str, ...], mode: str, target: str, layout: str) -> str:
    """The adjoint program (reverse mode) has the seeds of the outputs as arguments and returns the gradient; the
    tangent program (forward mode) has the tangents of the variables.  A point is needed only where a Python function
    branches or takes arrays.

    \b
    Example:
    diffcompare code "ln(x1) + x1*x2 - sin(x2)" --mode reverse --target c
    """
    from diffcompare.expression.catalog import CATALOG
    from diffcompare.expression.point import parse_point
    from diffcompare.expression.sources import load
    from diffcompare.studies.program_text import code

    entry = CATALOG.get(source.strip())
    named = None if entry is None else entry.at
    study = code(load(source), parse_point(at) if at else named, mode, target)
    return as_json(study.to_dict()) if layout == "json" else printed(study, layout)


def printed(study: ProgramText, layout: str) -> str:
    """The program as it is; in Markdown fenced, in LaTeX verbatim where it is not LaTeX itself."""
    if layout == "markdown":
        return f"```{study.target.replace('numpy', 'python')}\n{study.source}\n```"
    if layout == "latex" and study.target != "latex":
        return f"\\begin{{verbatim}}\n{study.source}\n\\end{{verbatim}}"
    return study.source
