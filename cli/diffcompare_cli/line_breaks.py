"""Long formulas in several lines, broken inside as few brackets as possible."""

from __future__ import annotations

import re
from collections.abc import Iterator

CUTS = {",": 0, " ": 1, "*": 2, "/": 2}  # a list, a sum, a product: the first is the best place
HANGING = 4  # columns that the lines after the first are narrower by


def broken(text: str, width: int) -> list[str]:
    """A formula in lines of at most `width` columns, where that can be: broken inside as few brackets as possible.

    >>> broken("2*x*(1 - x) + sin(x + y)", 18)
    ['2*x*(1 - x)', '+ sin(x + y)']
    """
    lines = []
    while len(text) > width:
        places = list(breaks(text))
        fitting = [place for place in places if width // 3 < place[-1] <= width] or places[:1]
        if not fitting:
            break
        end = min(fitting, key=lambda place: (place[:2], -place[-1]))[-1]
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
        width -= HANGING if len(lines) == 1 else 0
    return [*lines, text]


def breaks(text: str) -> Iterator[tuple[int, int, int]]:
    """Where a formula can be broken: brackets around the place, what is cut, and the place."""
    depth = 0
    for match in re.finditer(r"[(\[]|[)\]]|, | (?=[-+=<>!])|\*|/(?![d∂])", text):
        sign = match[0]
        depth += (sign in "([") - (sign in ")]")
        if sign[0] in CUTS:
            yield depth, CUTS[sign[0]], match.end()
