"""Pages of text and tables, written as plain tables, Markdown, LaTeX or JSON; the only place that lays out text."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from diffcompare.expression.function import Function

# For output that can only show ASCII: the marks of tangents and adjoints become words, as in v_dot1 and v_bar1.
SPELLED = str.maketrans({
    "\u0307": "_dot", "\u0304": "_bar", "ȳ": "y_bar", "ẏ": "y_dot", "∂": "d", "×": "*", "·": "*", "−": "-",
    "≈": "~", "²": "^2", "√": "sqrt", "→": "->", "…": "...", "–": "-", "µ": "u", "’": "'",
})  # fmt: skip
ESCAPED = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\^{}", "~": r"\~{}", "∂": r"$\partial$", "×": r"$\times$", "·": r"$\cdot$", "≈": r"$\approx$",
    "<": "$<$", ">": "$>$",
})  # fmt: skip


Item = TypeVar("Item")


class Mathematics(Protocol):
    """Anything that can be written as text and as LaTeX."""

    @property
    def text(self) -> str: ...
    @property
    def latex(self) -> str: ...


COLUMNS, WRAPPED = 80, 60  # of a paragraph, of a cell with text
ENTRIES = 12  # of an array that is written out
WHOLE, ENDS = 200, 15  # lines of a table that is printed whole, lines printed at each end of a longer one
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


class Formula(NamedTuple):
    """Mathematics in a cell or a line."""

    text: str
    latex: str


def equation(*sides: Mathematics | str) -> Formula:
    """Sides joined by equal signs; those that are mere text, such as numbers, stand as they are.

    >>> equation(Formula("v1", "v_{1}"), "0.5")
    Formula(text='v1 = 0.5', latex='v_{1} = 0.5')
    """
    return Formula(
        " = ".join(_text(side) for side in sides),
        " = ".join(side if isinstance(side, str) else side.latex for side in sides),
    )


def partial_derivative(of: str, by: str) -> Formula:
    """The partial derivative as text and as LaTeX."""
    from diffcompare.expression.notation import LATEX

    return Formula(f"∂{of}/∂{by}", rf"\frac{{\partial {LATEX.variable(of)}}}{{\partial {LATEX.variable(by)}}}")


def heading(function: Function, point: Mapping[str, Any] | None = None) -> Formula:
    """f(x1, x2) = the formula; of a Python function that branches, or computes a lot with arrays, its name."""
    from diffcompare.expression.notation import LATEX

    left = Formula(f"f({', '.join(function.names)})", f"f({', '.join(map(LATEX.variable, function.names))})")
    return equation(left, Formula(function.text(point), function.latex(point)))


Cell = str | Mathematics


class Table(NamedTuple):
    """Columns under headings; `numeric` are aligned at the right, `wrapped` is broken between words."""

    headings: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[int] = frozenset()
    wrapped: int | None = None


Lines = list[Cell]  # one under the other, without an empty line between them
Block = Cell | Table | Lines


def presented(data: Mapping[str, Any], blocks: Iterable[Block], layout: str) -> str:
    """A result in one of the formats: its data as JSON, or its blocks as a page."""
    return as_json(data) if layout == "json" else page(blocks, layout)


def page(blocks: Iterable[Block], layout: str, encoding: str | None = None) -> str:
    """The blocks as one text, an empty line between them."""
    encoding = encoding or getattr(sys.__stdout__, "encoding", None) or "utf-8"
    write = {"table": _plain, "markdown": _markdown, "latex": _latex}[layout]
    return "\n\n".join(filter(None, (write(block, encoding) for block in blocks)))


def _plain(block: Block, encoding: str) -> str:
    if isinstance(block, Table):
        return _tabulated(block, "simple", lambda cell: shown(_text(cell), encoding))
    if isinstance(block, str):
        return fill(shown(block, encoding), COLUMNS, break_long_words=False, break_on_hyphens=False)
    return "\n".join(shown(_text(line), encoding) for line in _lines(block))


def _markdown(block: Block, encoding: str) -> str:
    if isinstance(block, Table):
        return _tabulated(block, "github", lambda cell: shown(_text(cell), encoding).replace("|", r"\|"))
    return "  \n".join(shown(_text(line), encoding) for line in _lines(block))


def _latex(block: Block, encoding: str) -> str:
    if isinstance(block, Table):
        return _tabulated(block, "latex_raw", _latex_cell)
    return "\\\\\n".join(_latex_cell(line) for line in _lines(block))


def _lines(block: Cell | Lines) -> Lines:
    return block if isinstance(block, list) else [block]


def _latex_cell(cell: Cell) -> str:
    return cell.translate(ESCAPED) if isinstance(cell, str) else f"${cell.latex}$"


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def _tabulated(table: Table, style: str, write: Any) -> str:
    from tabulate import tabulate

    if not table.rows:
        return ""
    widths = [WRAPPED if k == table.wrapped and style == "simple" else None for k in range(len(table.headings))]
    alignment = ["right" if k in table.numeric else "left" for k in range(len(table.headings))]
    return tabulate(
        [[write(cell) for cell in row] for row in table.rows],
        headers=[write(heading) for heading in table.headings],
        tablefmt=style, disable_numparse=True, colalign=alignment, maxcolwidths=widths, preserve_whitespace=True,
    )  # fmt: skip


def shown(text: str, encoding: str) -> str:
    """The text where the encoding has its letters; spelled out in ASCII where it has not.

    >>> shown("v̇1 × v0", "ascii")
    'v_dot1 * v0'
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(SPELLED).encode(encoding, "replace").decode(encoding)
    return text


def as_json(data: Mapping[str, Any]) -> str:
    """One line of JSON; numbers that are not finite become strings.

    >>> as_json({"value": float("nan"), "h": [0.1]})
    '{"value": "nan", "h": [0.1]}'
    """
    import json

    return json.dumps(_plain_data(data), allow_nan=False)


def _plain_data(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_data(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain_data(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def number(value: Any, digits: int = 17) -> str:
    """A number to at most so many significant digits; all 17 give the shortest text that reads back exactly.

    >>> number(5.5), number(0.693147180559945, 4), number("nan"), number(None)
    ('5.5', '0.6931', 'nan', '')
    """
    if value is None:
        return ""
    value = float(value)
    return repr(value).removesuffix(".0") if digits == 17 else f"{value:.{digits}g}"


def written(value: Any, digits: int = 17) -> str:
    """The value of a variable as --at takes it, a number or nested lists; of a large array only its shape.

    >>> written(2.0), written([[1.0, 0.5], [2.0, 3.0]])
    ('2', '[[1,0.5],[2,3]]')
    """
    if getattr(value, "size", 1) > ENTRIES:
        return f"{' x '.join(map(str, value.shape))} numbers"
    if hasattr(value, "__len__"):
        return f"[{','.join(written(entry, digits) for entry in value)}]"
    return number(value, digits)


def shortened(items: Sequence[Item], gap: Callable[[int], Item], whole: int = WHOLE, ends: int = ENDS) -> list[Item]:
    """The items; of more than `whole` only the first and the last, and between them what `gap` makes of the others.

    >>> shortened(list("abcdefg"), lambda left_out: f"{left_out} more", whole=4, ends=2)
    ['a', 'b', '3 more', 'f', 'g']
    """
    if len(items) <= whole:
        return list(items)
    return [*items[:ends], gap(len(items) - 2 * ends), *items[-ends:]]


def byte_count(value: int) -> str:
    """Bytes in the unit that fits, a thousand of one to the next.

    >>> byte_count(131072), byte_count(34359738368), byte_count(12)
    ('131 kB', '34.4 GB', '12 B')
    """
    size, unit = float(value), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"


def seconds(value: Any) -> str:
    """A duration in the unit that fits: 830 ns, 12 us, 3.4 ms, 2.1 s.

    >>> seconds(1.234e-5), seconds(2.0)
    ('12 us', '2 s')
    """
    if value is None:
        return ""
    value = float(value)
    if value != value:
        return "nan"
    unit, name = next((row for row in UNITS if value >= row[0]), UNITS[-1])
    return f"{value / unit:.{0 if value >= 10 * unit else 1}f}".removesuffix(".0") + f" {name}"
