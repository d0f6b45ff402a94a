"""How a tensor prints: PyTorch's layout, four digits, long axes shortened, and what it must say about itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from diffcompare.autograd.tensors import Tensor

DIGITS = 4
EDGE = 3  # entries shown at each end of a long axis
LONG = 1000  # entries: a tensor of more is shortened
WIDTH = 80  # columns


def text_of(tensor: Tensor) -> str:
    """The tensor as PyTorch prints it, with its number type where that is not the usual one."""
    array = tensor.value
    suffixes = []
    kind = str(tensor.dtype)
    if not array.size:
        if array.ndim != 1:
            suffixes.append(f"size={tuple(array.shape)}")
        if kind not in USUAL:
            suffixes.append(f"dtype={kind}")
        body = "[]"
    else:
        if kind not in USUAL:
            suffixes.append(f"dtype={kind}")
        body = _laid_out(array, len("tensor("))
    node = tensor.grad_fn
    if node is not None:
        suffixes.append(f"grad_fn=<{node.name()}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    return _with_suffixes("tensor(" + body, suffixes, len("tensor("))


USUAL = frozenset({"torch.float32", "torch.int64", "torch.bool", "torch.complex64"})


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > WIDTH:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


def _laid_out(array: np.ndarray[Any, Any], indent: int) -> str:
    shortened = array.size > LONG
    shown = _shortened(array) if shortened else array
    write = _column(shown.ravel())
    return _nested(array, write, indent, shortened)


def _shortened(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The entries that a shortened tensor shows."""
    for axis, n in enumerate(array.shape):
        if n > 2 * EDGE:
            array = np.take(array, [*range(EDGE), *range(n - EDGE, n)], axis=axis)
    return array


def _nested(array: np.ndarray[Any, Any], write: Column, indent: int, shortened: bool) -> str:
    if array.ndim == 0:
        return write(array[()])
    n = len(array)
    cut = shortened and n > 2 * EDGE
    places = [*range(EDGE), *range(n - EDGE, n)] if cut else list(range(n))
    if array.ndim == 1:
        words = [write(array[i]) for i in places]
        if cut:
            words.insert(EDGE, " ...")
        return _filled(words, write.width, indent)
    parts = [_nested(array[i], write, indent + 1, shortened) for i in places]
    if cut:
        parts.insert(EDGE, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _filled(words: list[str], width: int, indent: int) -> str:
    """A vector in rows of as many entries as fit into the page."""
    per_row = max(1, (WIDTH - indent) // (width + 2))
    rows = [", ".join(words[i : i + per_row]) for i in range(0, len(words), per_row)]
    return "[" + (",\n" + " " * (indent + 1)).join(rows) + "]"


class Column(NamedTuple):
    """How to write an entry, and the width to which it is filled up from the left."""

    form: Callable[[Any], str]
    width: int

    def __call__(self, entry: Any) -> str:
        return self.form(entry).rjust(self.width)


def _column(entries: np.ndarray[Any, Any]) -> Column:
    """The form of the entries; infinities, zeros and nan have no say in the width, so as to look as in PyTorch."""
    if entries.dtype.kind == "c":
        real, imaginary = _column(entries.real), _column(entries.imag)

        def pair(z: Any) -> str:
            tail = imaginary(z.imag).lstrip()
            return f"{real(z.real)}{'' if tail[0] in '+-' else '+'}{tail}j"

        return Column(pair, real.width + imaginary.width + 1)
    if entries.dtype.kind in "biu":
        return Column(str, max(len(str(x)) for x in entries.tolist()))
    telling = entries[np.isfinite(entries) & (entries != 0)].astype(float)
    form = _form(np.abs(telling))
    return Column(form, max((len(form(x)) for x in telling.tolist()), default=1))


def _form(sizes: np.ndarray[Any, Any]) -> Callable[[Any], str]:
    """Whole numbers without digits after the point, four digits, or powers of ten where the sizes differ much."""
    largest, smallest = (sizes.max(), sizes.min()) if sizes.size else (1.0, 1.0)
    whole = bool(np.all(sizes == np.ceil(sizes)))
    if largest / smallest > 1000 or largest > 1e8 or (not whole and smallest < 1e-4):
        return lambda x: f"{x:.{DIGITS}e}"
    if whole:
        return lambda x: f"{x:.0f}." if math.isfinite(x) else str(float(x))
    return lambda x: f"{x:.{DIGITS}f}"
