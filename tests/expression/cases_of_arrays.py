"""Cases of the functions that reduce, reshape, join and take apart arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.expression.array_cases import Draw, an_axis, arrays, called, case, entries, seeds, shaped, some_axes

Built = tuple[Callable[..., Any], list[Any]]


@case("sum", "mean", "prod", "max", "amax", "min", "amin", "ptp", complex_too="sum mean prod")
def reductions(draw: Draw, name: str) -> Built:
    x = draw(arrays())
    options = {"axis": some_axes(draw, x), "keepdims": draw(st.booleans())}
    mask = entries(x.shape, draw(seeds)) > 0
    if name in ("sum", "prod") and draw(st.booleans()):
        options |= {"where": mask, "initial": 1.5}
    if name == "mean" and options["axis"] is None and mask.any():
        options["where"] = mask
    return lambda xp, x: called(xp, name)(x, **options) ** 2, [x]


@case("var", "std", "average", complex_too="var average")
def statistics(draw: Draw, name: str) -> Built:
    x = shaped(draw, draw(st.integers(2, 4)), draw(st.integers(2, 3)))
    axis = draw(st.sampled_from((0, 1, -1)))
    if name == "average":
        weights = shaped(draw, x.shape[axis], low=0.5, high=2.0)
        return lambda xp, x, weights: xp.average(x, axis=axis, weights=weights), [x, weights]
    options = {"axis": draw(st.sampled_from((axis, None))), "ddof": draw(st.integers(0, 1))}
    return lambda xp, x: called(xp, name)(x, **options), [x]


@case(
    "cumsum", "cumprod", "cumulative_sum", "cumulative_prod",
    "add.accumulate", "multiply.accumulate", "maximum.accumulate", "minimum.accumulate",
    complex_too="cumsum cumprod cumulative_sum cumulative_prod",
)  # fmt: skip
def scans(draw: Draw, name: str) -> Built:
    x = draw(arrays(1, 3, side=4))
    options: dict[str, Any] = {"axis": an_axis(draw, x)}
    if name in ("cumsum", "cumprod"):
        options["axis"] = draw(st.sampled_from((None, options["axis"])))
    if name.startswith("cumulative"):
        options["include_initial"] = draw(st.booleans())
    return lambda xp, x: called(xp, name)(x, **options) ** 2, [x]


@case("add.reduce", "multiply.reduce", "maximum.reduce", "minimum.reduce", "logical_and.reduce", "logical_or.reduce")
def ufunc_reductions(draw: Draw, name: str) -> Built:
    x = draw(arrays(1, 3))
    options = {"axis": an_axis(draw, x), "keepdims": draw(st.booleans())}
    if name.startswith("logical"):
        return lambda xp, x: called(xp, name)(x > 0, **options) * xp.sum(x * x), [x]
    return lambda xp, x: called(xp, name)(x, **options) ** 2, [x]


@case("diff", "gradient", "trapezoid", complex_too="diff gradient trapezoid")
def differences(draw: Draw, name: str) -> Built:
    x = shaped(draw, 4, draw(st.integers(4, 5)))
    axis = draw(st.sampled_from((0, 1, -1)))
    n = x.shape[axis]
    if name == "diff":
        options = {"n": draw(st.integers(0, 2)), "axis": axis}
        if draw(st.booleans()):
            options["prepend"] = 0.5
        return lambda xp, x: xp.diff(x, **options) ** 2, [x]
    grid = np.sort(shaped(draw, n))
    spacing = draw(st.sampled_from((0.5, grid)))
    if name == "trapezoid":
        option = {"dx": 0.5} if np.ndim(spacing) == 0 else {"x": grid}
        return lambda xp, x: xp.trapezoid(x, axis=axis, **option) ** 2, [x]
    edge_order = draw(st.sampled_from((1, 2)))
    if draw(st.booleans()):
        return lambda xp, x: [part**2 for part in xp.gradient(x, edge_order=edge_order)], [x]
    return lambda xp, x: xp.gradient(x, spacing, axis=axis, edge_order=edge_order) ** 2, [x]


@case(
    "reshape", "ravel", "transpose", "permute_dims", "matrix_transpose", "swapaxes", "moveaxis", "rollaxis",
    "expand_dims", "squeeze", "atleast_1d", "atleast_2d", "atleast_3d", "linalg.matrix_transpose",
    complex_too="transpose reshape",
)  # fmt: skip
def shapes(draw: Draw, name: str) -> Built:
    x = draw(arrays(2, 3))
    n = x.ndim
    order = draw(st.permutations(range(n)))
    axis, other = an_axis(draw, x), an_axis(draw, x)
    more: tuple[Any, ...] = {
        "reshape": ((-1, x.shape[0]), draw(st.sampled_from(("C", "F")))), "ravel": (draw(st.sampled_from(("C", "F"))),),
        "transpose": draw(st.sampled_from(((), (tuple(order),)))), "permute_dims": (tuple(order),),
        "swapaxes": (axis, other), "moveaxis": (axis, other), "rollaxis": (axis, draw(st.integers(-n, n))),
        "expand_dims": (draw(st.sampled_from((axis, (0, -1)))),),
    }.get(name, ())  # fmt: skip
    return lambda xp, x: called(xp, name)(x, *more) ** 2, [x]


@case("flip", "flipud", "fliplr", "rot90", "roll", "repeat", "tile", "resize", "broadcast_to", "broadcast_arrays")
def rearrangements(draw: Draw, name: str) -> Built:
    x = draw(arrays(2, 3))
    axis = an_axis(draw, x)
    k = draw(st.integers(-4, 4))
    counts = draw(st.lists(st.integers(0, 2), min_size=x.shape[axis], max_size=x.shape[axis]))
    more: tuple[Any, ...] = {
        "flip": (some_axes(draw, x),), "rot90": (k, draw(st.sampled_from(((0, 1), (1, 0), (-1, 0))))),
        "roll": draw(st.sampled_from(((k,), (k, axis), ((k, 1), (0, 1))))),
        "repeat": draw(st.sampled_from(((2,), (2, axis), (np.array(counts, dtype=int), axis)))),
        "tile": (draw(st.lists(st.integers(0, 2), min_size=1, max_size=4)),), "resize": ((2, 5),),
        "broadcast_to": ((2, *x.shape),), "broadcast_arrays": (np.ones((2, *(1,) * x.ndim)),),
    }.get(name, ())  # fmt: skip
    if name == "broadcast_arrays":
        return lambda xp, x: xp.broadcast_arrays(x, *more)[0] ** 2, [x]
    return lambda xp, x: called(xp, name)(x, *more) ** 2, [x]


@case("concatenate", "concat", "stack", "append", "block", complex_too="concatenate")
def joined_along_an_axis(draw: Draw, name: str) -> Built:
    x = draw(arrays(2, 3))
    axis = an_axis(draw, x)
    y = entries(x.shape, draw(seeds))
    if name == "append":
        along = draw(st.sampled_from((axis, None)))
        return lambda xp, x, y: xp.append(x, y, axis=along) ** 2, [x, y]
    if name == "block":
        return lambda xp, x, y: xp.block([[x, y * x], [np.ones(np.shape(x)), y]]) ** 2, [x, y]
    return lambda xp, x, y: called(xp, name)((x, y * x, np.ones(np.shape(x))), axis=axis) ** 2, [x, y]


@case("vstack", "hstack", "dstack", "column_stack")
def stacked(draw: Draw, name: str) -> Built:
    x = draw(arrays(1, 3))
    y = entries(x.shape, draw(seeds))
    return lambda xp, x, y: called(xp, name)((x, y * x)) ** 2, [x, y]


@case("split", "array_split", "vsplit", "hsplit", "dsplit", "unstack")
def parts(draw: Draw, name: str) -> Built:
    x = shaped(draw, 4, 4, 4)
    where = draw(st.sampled_from((2, [1, 3], [0, 2]))) if name != "array_split" else 3
    axis = draw(st.integers(-3, 2))
    if name == "unstack":
        return lambda xp, x: [part**2 for part in xp.unstack(x, axis=axis)], [x]
    options = {"axis": axis} if name in ("split", "array_split") else {}
    return lambda xp, x: [part**2 for part in called(xp, name)(x, where, **options)], [x]


@case("pad", "delete", complex_too="pad")
def paddings(draw: Draw, name: str) -> Built:
    x = shaped(draw, 3, 4)
    if name == "delete":
        where, axis = draw(st.sampled_from(((1, 0), (np.array([0, 2]), 1), (slice(1, 3), 1), (5, None))))
        return lambda xp, x: xp.delete(x, where, axis=axis) ** 2, [x]
    width = draw(st.sampled_from((1, (2, 0), ((1, 2), (0, 1)))))
    mode = draw(st.sampled_from(("constant", "edge", "reflect", "symmetric", "wrap")))
    options = {"constant_values": 1.5} if mode == "constant" and draw(st.booleans()) else {}
    return lambda xp, x: xp.pad(x, width, mode, **options) ** 2, [x]


@case("diag", "diagflat", "diagonal", "trace", "tril", "triu", "linalg.diagonal", "linalg.trace", complex_too="trace")
def diagonals(draw: Draw, name: str) -> Built:
    x = shaped(draw, 3, draw(st.integers(2, 4)))
    k = draw(st.integers(-2, 2))
    if name == "diagflat" or (name == "diag" and draw(st.booleans())):
        return lambda xp, x: called(xp, name)(x[0], k) ** 2, [x]
    if name in ("diagonal", "trace"):
        axes = draw(st.permutations((0, 1, 2)))[:2]
        return lambda xp, x: called(xp, name)(x, k, *axes) ** 2, [shaped(draw, 3, 2, 3)]
    options = {"offset": k} if name.startswith("linalg") else {"k": k}
    return lambda xp, x: called(xp, name)(x, **options) ** 2, [x]
