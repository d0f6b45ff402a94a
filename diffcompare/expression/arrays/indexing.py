"""Between one traced array and arrays of traced scalars, which NumPy makes of lists; indexing."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from diffcompare.expression.operands import kept_array
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.primitive import Traced
from diffcompare.expression.primitives.structural import reshape, shape_of
from diffcompare.expression.variable import Variable


class Entry(Variable):
    """A traced scalar taken from a traced array when NumPy made an array of objects of it; it knows its place there."""

    __slots__ = ("place", "source")

    def __init__(self, source: Variable, place: tuple[int, ...]) -> None:
        taken = index(place)(source) if source.shape else source
        super().__init__(taken.tape, taken.index, taken.value)
        self.source = source
        self.place = place


def scalars(x: Any) -> np.ndarray[Any, Any]:
    """A traced array as an object array of traced scalars, each of which knows where it was taken from."""
    if not isinstance(x, Variable):
        return np.asarray(x, dtype=object)
    result = np.empty(x.shape, dtype=object)
    for place in np.ndindex(*x.shape):
        result[place] = Entry(x, place)
    return result


def joined(array: np.ndarray[Any, Any]) -> Any:
    """An object array of traced scalars as one traced array; an array of numbers where nothing in it is traced.

    Neighbours that were taken from one array are taken from it together.
    """
    if not array.ndim:
        return array.item()
    parts = []
    for source, run in groupby(array.ravel().tolist(), _source):
        entries = list(run)
        if source is _NUMBERS:
            parts.append(np.array(entries))
        elif source is _ALONE:
            parts += [reshape((1,))(entry) for entry in entries]
        else:
            parts.append(_taken_together(entries))
    if len(parts) == 1 and shape_of(parts[0]) == array.shape:
        return parts[0]
    return reshape(array.shape)(concatenate(parts, 0) if len(parts) > 1 else parts[0]) if parts else array.astype(float)


_NUMBERS, _ALONE = (0, 0), (0, 1)


def _source(entry: Any) -> tuple[Any, Any]:
    """What neighbours must share to be taken together: the array they come from, or that they are numbers."""
    if type(entry) is Entry:
        return id(entry.source.tape), entry.source.index
    return _ALONE if isinstance(entry, Traced) else _NUMBERS


def _taken_together(entries: list[Entry]) -> Any:
    source = entries[0].source
    if not source.shape:
        return index((np.zeros(len(entries), dtype=int),))(reshape((1,))(source))
    places = np.array([entry.place for entry in entries]).T
    flat = np.ravel_multi_index(tuple(places), source.shape)
    if flat.size == source.size and np.array_equal(flat, np.arange(source.size)):
        return reshape((source.size,))(source)
    return index((flat,), distinct=np.unique(flat).size == flat.size)(reshape((source.size,))(source))


def arrayed(value: Any) -> Any:
    """What NumPy would make an array of: lists of traced values joined, anything traced or an array as it is."""
    if isinstance(value, Traced):
        return value
    if isinstance(value, (list, tuple)):
        return _stacked(value) if has_traced(value) else np.array(value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return joined(value)
    return value


def _stacked(values: Any) -> Any:
    if not any(isinstance(value, (list, tuple)) or shape_of(value) for value in values):
        return joined(np.array(values, dtype=object))
    rows = [arrayed(value) for value in values]
    if len({shape_of(row) for row in rows}) > 1:
        raise ValueError(f"rows of different shapes make no array: {', '.join(str(shape_of(row)) for row in rows)}")
    return concatenate([reshape((1, *shape_of(row)))(row) for row in rows], 0)


def has_traced(values: Any) -> bool:
    """Whether anything in here is traced, however nested."""
    if isinstance(values, (list, tuple)):
        return any(map(has_traced, values))
    return isinstance(values, Traced) or (isinstance(values, np.ndarray) and values.dtype == object)


def indexed(x: Any, key: Any) -> Any:
    """x[key]; a traced mask or index decides by its value at the point."""
    parts = key if isinstance(key, tuple) else (key,)
    plain = tuple(_plain_part(part) for part in parts)
    return index(plain if isinstance(key, tuple) else plain[0])(x)


def _plain_part(part: Any) -> Any:
    if isinstance(part, Traced):
        return part.decided()
    if isinstance(part, slice) and any(isinstance(end, Traced) for end in (part.start, part.stop, part.step)):
        return slice(*(int(e.decided()) if isinstance(e, Traced) else e for e in (part.start, part.stop, part.step)))
    if isinstance(part, np.ndarray):
        return kept_array(part)
    if isinstance(part, list):
        found = arrayed(part) if part else np.array([], dtype=int)
        return found.decided() if isinstance(found, Traced) else found
    return part
