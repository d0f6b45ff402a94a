"""The one style of every figure: typeface, sizes, and colours that survive colour-blindness, projector and grey print.

The colours are Okabe and Ito's (2008), chosen so that their lightness differs; every series also has its own dash and
marker, so that no figure depends on colour alone.  The typeface is Computer Modern, like the book's text.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from diffcompare.expression.notation import LATEX
from diffcompare_reports.files import check_target, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GREY, RULE = "#1a1a1a", "#5f5f5f", "#c4c4c4"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BROWN = (
    "#0072B2",
    "#D55E00",
    "#007A5A",
    "#E69F00",
    "#A3487F",
    "#56B4E9",
    "#7A5230",
)
TEXT_WIDTH = 5.9  # inches: the measure of the book's text, so that figures stand there in their own size
RESOLUTION = 200  # dots per inch of a PNG

RC: dict[Any, Any] = {
    "font.family": ["cmr10", "STIXGeneral", "DejaVu Sans"],
    "font.size": 9.5,
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,
    "axes.unicode_minus": False,  # cmr10 has no such character
    "axes.labelsize": 9.5,
    "axes.titlesize": 9.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "figure.dpi": 100,
    "savefig.dpi": RESOLUTION,
    "svg.fonttype": "path",
    "svg.hashsalt": "diffcompare",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "path.simplify": False,
}


class Series(NamedTuple):
    """How one engine or quantity looks in every figure."""

    colour: str
    dash: Any
    marker: str


SOLID, DASHED, DOTTED, DASH_DOT = "-", (0, (4.5, 1.8)), (0, (1.2, 1.5)), (0, (5, 1.6, 1.2, 1.6))

SERIES: dict[str, Series] = {
    "forward": Series(BLUE, SOLID, "o"),
    "reverse": Series(VERMILLION, SOLID, "s"),
    "compiled": Series(VERMILLION, DASHED, "P"),
    "symbolic": Series(GREEN, DASHED, "^"),
    "finite-forward": Series(ORANGE, DASHED, "v"),
    "finite-backward": Series(GREY, DOTTED, "<"),
    "finite-central": Series(PURPLE, DASH_DOT, "D"),
    "finite-central4": Series(INK, SOLID, "P"),
    "finite-central6": Series(BROWN, DASHED, "X"),
    "finite-central8": Series(GREEN, DOTTED, "*"),
    "finite-adaptive": Series(INK, SOLID, "h"),
    "complex-step": Series(SKY, DOTTED, "d"),
    "jax": Series(BROWN, SOLID, "<"),
    "torch": Series(VERMILLION, DOTTED, "p"),
    "casadi": Series(GREEN, SOLID, ">"),
    "autograd": Series(PURPLE, DOTTED, "8"),
    "symengine": Series(ORANGE, DOTTED, "*"),
    "numdifftools": Series(INK, DASHED, "X"),
    "scipy": Series(BLUE, DASH_DOT, "P"),
    "jacobi": Series(SKY, DASHED, "H"),
}
PLUG_IN = Series(GREY, DASHED, "x")  # an engine of another package


ENGINES: dict[str, str] = {
    "forward": "forward mode",
    "reverse": "reverse mode",
    "compiled": "compiled",
    "symbolic": "symbolic",
    "finite-forward": "forward difference",
    "finite-backward": "backward difference",
    "finite-central": "central difference",
    "finite-central4": "central of order 4",
    "finite-central6": "central of order 6",
    "finite-central8": "central of order 8",
    "finite-adaptive": "adaptive difference",
    "complex-step": "complex step",
    "jax": "JAX",
    "torch": "PyTorch",
    "casadi": "CasADi",
    "autograd": "HIPS autograd",
    "symengine": "SymEngine",
    "numdifftools": "numdifftools",
    "scipy": "SciPy",
    "jacobi": "jacobi",
}


def series_of(engine: str) -> Series:
    """How an engine looks, ours or a plug-in."""
    return SERIES.get(engine, PLUG_IN)


def title_of(engine: str) -> str:
    """What an engine is called in figures and tables; a plug-in by its own name."""
    return ENGINES.get(engine, engine)


def darker(colour: str) -> str:
    """The colour as text needs it: dark enough to read on white and on a tint."""
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * 0.68):02X}" for i in (1, 3, 5))


@contextmanager
def styled() -> Iterator[None]:
    """The style, for the time of drawing or saving; letters that the typeface lacks become boxes without a word."""
    from matplotlib import rc_context

    log = logging.getLogger("matplotlib.mathtext")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with rc_context(RC):
            yield
    finally:
        log.setLevel(level)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches; no pyplot, hence no window and no state."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure((width, height), facecolor="white", layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03))


def drawn(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """A drawing function that runs within the style."""

    @wraps(draw)
    def within(*arguments: Any, **options: Any) -> Figure:
        with styled():
            return draw(*arguments, **options)

    return within


METADATA = {
    "png": {"Software": "diffcompare"},
    "pdf": {"Creator": "diffcompare", "Producer": "Matplotlib", "CreationDate": None},
    "svg": {"Creator": "diffcompare", "Date": None},
}


def rendered(figure: Figure, kind: str) -> bytes:
    """The figure as a file of that kind ("png", "pdf", "svg"); the same figure gives the same bytes."""
    stream = io.BytesIO()
    with styled():
        figure.savefig(stream, format=kind, metadata=METADATA[kind], facecolor="white")
    return stream.getvalue()


def save(figure: Figure, path: Path | str) -> Path:
    """Write the figure as PNG, PDF or SVG by the ending of the path, whole or not at all; raises `OutputError`."""
    path = check_target(path)
    return write_whole(path, rendered(figure, path.suffix.lower()[1:]))


def mathematics(latex: str, text: str) -> str:
    """A label in mathematics; the plain text where Matplotlib cannot set the formula."""
    from matplotlib.mathtext import MathTextParser

    label = "$" + latex.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\frac", r"\dfrac") + "$"
    try:
        MathTextParser("path").parse(label)
    except ValueError:
        return plain(text)
    return label


def plain(text: str) -> str:
    """Text that Matplotlib prints as it is, dollar signs and all."""
    return text.replace("$", r"\$")


def words(text: str) -> str:
    """Text with the characters that the typeface has elsewhere or not at all, such as underscores, as mathematics."""
    if not set(text) & set('_<>{}|\\^~"#%&'):
        return plain(text)
    escaped = re.sub(r"[_{}#%&$ ]", r"\\\g<0>", text).replace(".", "{.}")  # else a space follows the point
    return mathematics(rf"\mathrm{{{escaped}}}", text)


def variable(name: str) -> str:
    """A variable's name as mathematics: x1 and x[1] with a subscript."""
    return mathematics(LATEX.variable(name), name)


def number(value: float, digits: int = 5) -> str:
    """A number as a label, without the dollar signs: at most so many significant digits, powers of ten written out."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": r"\mathrm{nan}", "inf": r"\infty", "-inf": r"-\infty"}[str(value)]
    mantissa, e, exponent = f"{value:.{digits}g}".partition("e")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}" if e else mantissa
