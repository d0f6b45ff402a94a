"""PROVISIONAL; the real one replaces this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompare.errors import PointError

Point = dict[str, Any]


def as_point(at: Mapping[str, Any]) -> Point:
    return {k: (np.asarray(v, float) if np.ndim(v) else float(v)) for k, v in at.items()}


def check_names(wanted: Sequence[str], given: Iterable[str]) -> None:
    given = list(given)
    for w in wanted:
        if w not in given:
            raise PointError(f"the point gives no value for {w}")
    for g in given:
        if g not in wanted:
            raise PointError(f"there is no variable {g}")


def parse_point(texts: Sequence[str]) -> Point:
    import json

    out: Point = {}
    for t in texts:
        import re

        for part in re.split(r",(?![^\[]*\])", t):
            n, _, v = part.partition("=")
            out[n.strip()] = json.loads(v)
    return as_point(out)
