"""Rows of texts in aligned columns: for a terminal, in Markdown and in LaTeX."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import NamedTuple

BESIDE = 2  # columns that a heading keeps free beside it


class Style(NamedTuple):
    """How a row is written, and what stands above the headings, below them and below the last row."""

    left: str
    between: str
    right: str
    above: str
    below: str
    end: str


STYLES = {
    "table": Style("", "  ", "", "", "{dashes}", ""),
    "markdown": Style("| ", " | ", " |", "", "|{bars}|", ""),
    "latex": Style(
        " ", " & ", " \\\\", "\\begin{{tabular}}{{{letters}}}\n\\hline", "\\hline", "\\hline\n\\end{{tabular}}"
    ),
}


def in_columns(
    headings: Sequence[str], rows: Sequence[Sequence[Sequence[str]]], numeric: Collection[int], layout: str
) -> str:
    """The table; a cell is the lines that stand in it one under the other, `numeric` columns are aligned at the right.

    >>> print(in_columns(["n", "engine"], [[["1"], ["reverse"]], [["100"], ["forward", "mode"]]], {0}, "table"))
      n  engine
    ---  --------
      1  reverse
    100  forward
         mode
    """
    style = STYLES[layout]
    columns = range(len(headings))
    widths = [max(width(headings[k]) + BESIDE, *(width(line) for row in rows for line in row[k])) for k in columns]

    def line(cells: Sequence[str]) -> str:
        padded = []
        for k, cell in enumerate(cells):
            space = " " * (widths[k] - width(cell))
            padded.append(space + cell if k in numeric else cell + space)
        return (style.left + style.between.join(padded) + style.right).rstrip()

    marks = {
        "dashes": "  ".join("-" * n for n in widths),
        "bars": "|".join("-" * (n + 2) for n in widths),
        "letters": "".join("r" if k in numeric else "l" for k in columns),
    }
    above, below, end = (part.format(**marks) for part in style[3:])
    body = [line(cells) for row in rows for cells in zip_longest(*row, fillvalue="")]
    return "\n".join(filter(None, (above, line(headings), below, *body, end)))


def width(text: str) -> int:
    """The columns of a terminal that a text takes: none for a mark over a letter, two for a wide letter.

    >>> width("v̇1"), width("変数")
    (2, 4)
    """
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 1 + (east_asian_width(letter) in "WF") for letter in text)
