"""The report book: every study of one function, typeset by Typst as a PDF of about a dozen pages."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import diffcompare
from diffcompare.engines import DEFAULT, engine_named
from diffcompare.engines.guests import installed
from diffcompare.errors import OutputError
from diffcompare_reports.chapters import (
    autograd,
    automatic,
    comparison,
    cost,
    grad_modes,
    linear_layer,
    numerical,
    symbolic,
)
from diffcompare_reports.chapters.subject import Subject, available, shortened, subject_of, summary
from diffcompare_reports.files import cause_of, check_folder, check_target, write_whole
from diffcompare_reports.style import rendered

PAGE_RESOLUTION = 144  # dots per inch of a page written as PNG
LIBRARIES = ("numpy", "sympy", "python-flint", "matplotlib", "pygraphviz", "typst")

# The words are what a terminal shows while the chapter is computed.
CHAPTERS: dict[str, tuple[Callable[[Subject], Any], str]] = {
    "comparison": (comparison.comparison, "comparing the engines with the certified reference"),
    "numerical": (numerical.numerical, "sweeping the step size"),
    "derivation": (symbolic.derivation, "differentiating rule by rule"),
    "swell": (symbolic.swell, "measuring expression swell"),
    "forward": (automatic.forward, "tracing in forward mode"),
    "reverse": (automatic.reverse, "tracing in reverse mode"),
    "jacobians": (automatic.jacobians, "passing through the Jacobian"),
    "cost": (cost.cost, "counting the cost of a gradient"),
    "scaling": (cost.scaling, "measuring how the engines scale"),
    "linear_layer": (linear_layer.linear_layer, "verifying the linear layer"),
    "autograd": (autograd.autograd, "recording a network"),
    "grad_modes": (grad_modes.grad_modes, "running a network in the three grad modes"),
}


def write_book(
    path: Path | str = "report.pdf",
    function: Any = None,
    at: Mapping[str, Any] | None = None,
    png: Path | str | None = None,
    progress: Callable[[str], None] = lambda doing: None,
    engines: Sequence[str] = DEFAULT,
) -> list[Path]:
    """Write the book of a function at a point (default: the lecture's) and return the paths of what was written.

    With `png`, a folder, every page and every figure is written there as PNG too.  `progress` is told in a few words
    what is being done, `engines` are those compared.  Nothing is written before everything is computed.  Raises
    `OutputError` where a file cannot be written and `DiffCompareError` for what cannot be used.
    """
    target = check_target(path, (".pdf",))
    folder = None if png is None else check_folder(png)
    subject = subject_of(function, at, engines)
    data = contents(subject, progress)
    progress("drawing the figures")
    figures = {name: rendered(figure, "svg") for name, figure in subject.figures.items()}
    progress("typesetting")
    book, pages = typeset(data, figures, paged=folder is not None)
    progress("writing")
    written = [write_whole(target, book)]
    if folder is not None:
        images = {f"page-{number:02}": page for number, page in enumerate(pages, 1)}
        images |= {name.replace("_", "-"): rendered(figure, "png") for name, figure in subject.figures.items()}
        written += [write_whole(folder / f"{name}.png", image) for name, image in images.items()]
    return written


def contents(subject: Subject, progress: Callable[[str], None]) -> dict[str, Any]:
    """The whole book as data; draws the figures on the way."""
    data: dict[str, Any] = {"subject": summary(subject)}
    for name, (chapter, doing) in CHAPTERS.items():
        progress(doing)
        data[name] = available(chapter, subject)
    data["colophon"] = colophon(subject)
    return data


def colophon(subject: Subject) -> list[list[str]]:
    """Versions, point, precision, date and machine."""
    point = ", ".join(f"{name} = {value}" for name, value in subject.at.items())
    now = datetime.now(UTC)
    return [
        ["function", shortened(subject.function.text())],
        ["point", shortened(point)],
        ["precision", "IEEE 754 binary64 (double precision); the reference in ball arithmetic with proven bounds"],
        ["date", f"{now.day} {now:%B %Y, %H:%M} UTC"],
        ["diffcompare", diffcompare.__version__],
        ["Python", f"{platform.python_version()} ({platform.python_implementation()})"],
        *[[name, version(name)] for name in LIBRARIES],
        *[[row.package, installed(row)] for row in map(engine_named, subject.engines) if row.guest and installed(row)],
        ["machine", f"{platform.system()} {platform.machine()}"],
    ]


def typeset(data: dict[str, Any], figures: Mapping[str, bytes], paged: bool) -> tuple[bytes, list[bytes]]:
    """The book as PDF and, if it is to be paged, its pages as PNG.

    Typst sees one temporary folder, the fonts that it carries, and no network.  Raises `OutputError` where there is no
    room for that folder.
    """
    from typst import Compiler

    parts = {f"{name}.svg": figure for name, figure in figures.items()}
    parts |= {part.name: part.read_bytes() for part in files("diffcompare_reports").joinpath("typeset").iterdir()}
    parts["data.json"] = json.dumps(data).encode()
    try:
        with tempfile.TemporaryDirectory(prefix="diffcompare-") as root:
            for name, content in parts.items():
                Path(root, name).write_bytes(content)
            compiler = Compiler(input=str(Path(root, "book.typ")), root=root, ignore_system_fonts=True)
            pages = compiler.compile(format="png", ppi=PAGE_RESOLUTION) if paged else []
            book = compiler.compile(format="pdf")
    except OSError as error:
        raise OutputError(f"cannot write temporary files (TMPDIR names their folder): {cause_of(error)}") from None
    assert isinstance(book, bytes)
    return book, pages if isinstance(pages, list) else [pages or b""]
