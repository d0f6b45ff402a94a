"""What commands take: FUNCTION, its point, ranges of steps, sizes, the format and the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from diffcompare.expression.function import Function
    from diffcompare.expression.point import Point

Decorator = Callable[[Any], Any]
FORMATS = ("table", "json", "markdown", "latex")


class FunctionText(click.ParamType[str]):
    """A formula, the place of a Python function, or a name of the catalogue."""

    name = "function"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        return 'Write a formula such as "x^2 + sin(x)", file.py:name, or a name that `diffcompare catalog` lists'


class Target(click.ParamType["Path"]):
    """A file that can be written, by its ending; checked before the work whose result goes there."""

    name = "file"

    def __init__(self, more_endings: tuple[str, ...]) -> None:
        self.more_endings = more_endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from diffcompare_reports.files import FIGURE_ENDINGS, check_target

        return check_target(value, (*FIGURE_ENDINGS, *self.more_endings))


class Steps(click.ParamType[tuple[float, float, int]]):
    """LOW:HIGH:COUNT as (low, high, count)."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float, int]:
        parts = str(value).split(":")
        try:
            low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            low, high, count = 1.0, 0.0, 0
        if len(parts) != 3 or not 0 < low < high < float("inf") or not 2 <= count <= 10**6:
            self.fail(f"{value!r} is not LOW:HIGH:COUNT; write for example 1e-16:1e-1:1000", param, ctx)
        return low, high, count


class Sizes(click.ParamType[list[int]]):
    """Numbers of inputs, separated by commas."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        try:
            return [int(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers; write for example 1,10,100", param, ctx)


class Variable(click.ParamType[str]):
    """The name of a variable, in the form of Python's own names."""

    name = "variable"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from diffcompare.expression.tokens import as_name

        return as_name(str(value))


def function_argument(required: bool = True) -> Decorator:
    """FUNCTION, as the text that was given."""
    return click.argument("source", metavar="FUNCTION", type=FunctionText(), required=required)


at_option = click.option(
    "--at", metavar="NAME=VALUE", multiple=True,
    help="The point: --at x1=2 --at x2=5, or --at x1=2,x2=5, or --at x=[1,2,3], or --at W=[[1,2],[3,4]].",
)  # fmt: skip
format_option = click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="table", show_default=True,
    help="How to print the result.",
)  # fmt: skip


def engine_option(what: str) -> Decorator:
    """--engine NAME, which may be given again."""
    return click.option(
        "--engine", "engines", metavar="NAME", multiple=True,
        help=f"An engine that `diffcompare engines` lists; may be given again. [default: {what}]",
    )  # fmt: skip


wrt_option = click.option(
    "--wrt", metavar="NAME", type=Variable(), help="The variable to differentiate by [default: the first]."
)


def output_option(what: str, *more_endings: str) -> Decorator:
    """--output FILE, for commands that draw."""
    return click.option("--output", metavar="FILE", type=Target(more_endings), help=f"Also write {what} to a file.")


def function_at(source: str, at: Sequence[str]) -> tuple[Function, Point]:
    """The function that the text names and the point; functions of the catalogue bring a point along."""
    from diffcompare.expression.catalog import CATALOG
    from diffcompare.expression.point import parse_point
    from diffcompare.expression.sources import load

    function = load(source)
    if at or not function.names:
        return function, parse_point(at)
    entry = CATALOG.get(source.strip())
    if entry is None:
        example = " ".join(f"--at {name}=1" for name in function.names[:3])
        raise click.UsageError(f"the point is missing; give every variable a value: {example}", _context())
    return function, dict(entry.at)


def _context() -> click.Context | None:
    return click.get_current_context(silent=True)
