"""diffcompare report: the book."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, engine_option, function_argument, function_at

PROGRESS = 70  # columns of the line of progress


@study_command("report")
@function_argument(required=False)
@at_option
@engine_option("six of them")
@click.option("--output", metavar="FILE", default="report.pdf", show_default=True, help="The PDF to write.")
@click.option("--png", metavar="DIR", help="Also write each page and each figure as PNG to this folder.")
def command(source: str | None, at: tuple[str, ...], engines: tuple[str, ...], output: str, png: str | None) -> str:
    """About a dozen pages in the order of the lecture, from numerical differentiation to autograd.  Every number
    is computed in the run that writes the book.  Without a FUNCTION the book is about the lecture's.

    \b
    Example:
    diffcompare report "exp(x)*sin(y)" --at x=1,y=2 --output mine.pdf
    """
    from diffcompare.engines import DEFAULT
    from diffcompare_reports.book import write_book

    function, point = function_at("lecture" if source is None else source, at)
    with progress() as tell:
        written = write_book(output, None if source is None else function, point, png, tell, engines or DEFAULT)
    return "\n".join(map(str, written))


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What is being done, in one line that a terminal shows and that is wiped at the end; elsewhere nothing."""

    def tell(doing: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{doing:<{PROGRESS}}\r", nl=False, err=True)

    try:
        yield tell
    finally:
        tell("")
