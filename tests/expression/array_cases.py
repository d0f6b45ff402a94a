"""Each NumPy function of the table as a smooth function of arrays, with shapes, axes and parameters drawn at random.

A case is a function `f(xp, *arrays)`, where xp is NumPy or a module that looks like it, and arrays to call it with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from diffcompare.expression.containers import leaves

Draw = Callable[[st.SearchStrategy[Any]], Any]
Builder = Callable[[Draw, str], tuple[Callable[..., Any], list[Any]]]

BUILDERS: dict[str, Builder] = {}
COMPLEX: set[str] = set()  # of these, functions of complex numbers are tested as well


@dataclass(frozen=True, slots=True)
class Case:
    """A function to differentiate, and what to call it with after the module."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def case(*names: str, complex_too: str = "") -> Callable[[Builder], Builder]:
    """Register a builder for these functions; `complex_too` names those that take complex numbers, or says "all"."""

    def register(builder: Builder) -> Builder:
        for name in names:
            assert name not in BUILDERS, name
            BUILDERS[name] = builder
        COMPLEX.update(names if complex_too == "all" else complex_too.split())
        return builder

    return register


@st.composite
def cases(draw: Draw, name: str) -> Case:
    """A case of one function."""
    function, arguments = BUILDERS[name](draw, name)
    return Case(function, tuple(arguments))


@st.composite
def complex_cases(draw: Draw, name: str) -> Case:
    """The same function of complex numbers, as a real function of their real and imaginary parts."""
    function, arguments = BUILDERS[name](draw, name)
    others = [entries(np.shape(x), draw(seeds), -0.5, 0.5) for x in arguments]

    def of_parts(xp: Any, *parts: Any) -> Any:
        n = len(arguments)
        return function(xp, *(x + 1j * y for x, y in zip(parts[:n], parts[n:], strict=True)))

    return Case(of_parts, (*arguments, *others))


def called(xp: Any, name: str) -> Any:
    """A function by its name after "np.": sum, linalg.norm, add.reduce."""
    for part in name.split("."):
        xp = getattr(xp, part)
    return xp


def offered(xp: Any) -> list[str]:
    """The functions that this module, in this version, has."""
    return sorted(name for name in BUILDERS if _has(xp, name))


def _has(xp: Any, name: str) -> bool:
    try:
        return callable(called(xp, name))
    except AttributeError:
        return False


seeds = st.integers(0, 2**32 - 1)
APART = 0.1  # entries stand further from 0 and from each other than a difference quotient moves them: no kinks, no ties


def entries(shape: Sequence[int], seed: int, low: float = -2.0, high: float = 2.0) -> Any:
    """Entries in an interval in random order, no two of them near and none near 0; a float for shape ()."""
    random = np.random.default_rng(seed)
    n = math.prod(shape)
    wide = (np.arange(n) + random.uniform(0.3, 0.7, n)) / max(n, 1) * (high - low - (APART if low < 0 < high else 0))
    array = low + wide
    array = random.permutation(np.where((array > -APART / 2) & (low < 0), array + APART, array)).reshape(shape)
    return array if len(shape) else float(array)


@st.composite
def arrays(draw: Draw, least: int = 1, most: int = 3, low: float = -2.0, high: float = 2.0, side: int = 3) -> Any:
    """An array with `least` to `most` axes."""
    shape = draw(st.lists(st.integers(1, side), min_size=least, max_size=most))
    return entries(shape, draw(seeds), low, high)


def shaped(draw: Draw, *shape: int, low: float = -2.0, high: float = 2.0) -> Any:
    return entries(shape, draw(seeds), low, high)


def an_axis(draw: Draw, x: Any) -> int:
    return int(draw(st.integers(-np.ndim(x), np.ndim(x) - 1)))


def some_axes(draw: Draw, x: Any) -> Any:
    """None, one axis, or several."""
    several = st.lists(st.integers(0, np.ndim(x) - 1), unique=True, min_size=1).map(tuple)
    return draw(st.one_of(st.none(), st.integers(-np.ndim(x), np.ndim(x) - 1), several))


def broadcast_pair(draw: Draw, low: float = -2.0, high: float = 2.0) -> list[Any]:
    """Two arrays whose shapes broadcast, either of them perhaps a number."""
    whole = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    pair = []
    for _ in range(2):
        shape = [draw(st.sampled_from((1, n))) for n in whole][draw(st.integers(0, len(whole))) :]
        pair.append(entries(shape, draw(seeds), low, high))
    return pair


def smooth(xp: Any, steps: Any, *xs: Any) -> Any:
    """What moves in steps has no derivative to test; its product with something smooth has."""
    return steps * sum(xp.sum(x * x) for x in xs)


def flat(xp: Any, result: Any) -> Any:
    """All results in one row of real numbers."""
    rows = [xp.ravel(part) for leaf in leaves(result) for part in real_parts(xp, leaf)]
    return xp.concatenate(rows) if len(rows) > 1 else rows[0]


def real_parts(xp: Any, x: Any) -> list[Any]:
    return [xp.real(x), xp.imag(x)] if xp.iscomplexobj(x) else [x]
