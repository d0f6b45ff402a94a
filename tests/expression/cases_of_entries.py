"""Cases of the functions that act entry by entry, choose entries, or create arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.expression.array_cases import (
    Draw,
    an_axis,
    arrays,
    broadcast_pair,
    called,
    case,
    entries,
    seeds,
    shaped,
    smooth,
)

Built = tuple[Callable[..., Any], list[Any]]


@case(
    "negative", "exp", "expm1", "sin", "cos", "sinh", "cosh", "tanh", "arctan", "arcsinh", "cbrt", "square", "positive",
    "deg2rad", "rad2deg", "radians", "degrees", "sinc", "exp2", "absolute", "fabs", "real", "imag", "conjugate",
    "angle", "real_if_close", "nan_to_num", "copy", "sqrt", "log", "log2", "log10", "log1p", "reciprocal", "arcsin",
    "arccos", "arctanh", "tan", "arccosh",
    complex_too="negative exp expm1 sin cos sinh cosh tanh arctan arcsinh square positive exp2 absolute real imag "
    "conjugate angle real_if_close copy sqrt log log2 log10 log1p reciprocal arcsin arccos arctanh tan arccosh",
)  # fmt: skip
def of_one_entry(draw: Draw, name: str) -> Built:
    low, high = {
        **dict.fromkeys(("sqrt", "log", "log2", "log10", "log1p", "reciprocal", "angle"), (0.2, 3.0)),
        **dict.fromkeys(("arcsin", "arccos", "arctanh", "tan"), (-0.8, 0.8)), "arccosh": (1.2, 3.0),
    }.get(name, (-2.0, 2.0))  # fmt: skip
    return lambda xp, x: called(xp, name)(x), [draw(arrays(0, 3, low, high))]


@case("add", "subtract", "multiply", "arctan2", "logaddexp", "logaddexp2", complex_too="add subtract multiply")
def of_two_entries(draw: Draw, name: str) -> Built:
    return lambda xp, x, y: called(xp, name)(x, y), broadcast_pair(draw)


@case("divide", "power", "float_power", "hypot", complex_too="divide power")
def of_positive_entries(draw: Draw, name: str) -> Built:
    return lambda xp, x, y: called(xp, name)(x, y), broadcast_pair(draw, 0.3, 3.0)


@case("maximum", "minimum", "fmax", "fmin", "copysign", "heaviside")
def of_entries_apart(draw: Draw, name: str) -> Built:
    x, y = entries((2, 3), draw(seeds)), entries((3,), draw(seeds)) + 0.03
    apart = np.where(np.abs(x - y) < 0.05, x + 0.1, x)
    return lambda xp, x, y: called(xp, name)(x, y), [apart, y]


@case("remainder", "fmod", "divmod", "modf", "floor_divide")
def remainders(draw: Draw, name: str) -> Built:
    y = shaped(draw, 3, low=0.7, high=1.9) * draw(st.sampled_from((1.0, -1.0)))
    x = y * (draw(st.integers(-3, 3)) + shaped(draw, 2, 3, low=0.2, high=0.8))
    if name == "modf":
        fractions = np.round(x) + shaped(draw, 2, 3, low=0.2, high=0.8)
        return lambda xp, x: xp.modf(x)[0] * x + xp.modf(x)[1] * x, [fractions]
    if name == "divmod":
        return lambda xp, x, y: xp.divmod(x, y)[0] * x + xp.divmod(x, y)[1], [x, y]
    if name == "floor_divide":
        return lambda xp, x, y: smooth(xp, xp.floor_divide(x, y), x, y), [x, y]
    return lambda xp, x, y: called(xp, name)(x, y), [x, y]


@case(
    "floor", "ceil", "trunc", "rint", "fix", "round", "around", "isnan", "isinf", "isfinite", "isposinf", "isneginf",
    "signbit", "iscomplex", "isreal", "sign",
)  # fmt: skip
def steps_of_one_entry(draw: Draw, name: str) -> Built:
    x = np.round(draw(arrays(0, 2))) + draw(arrays(0, 0, 0.1, 0.4))
    return lambda xp, x: smooth(xp, called(xp, name)(x), x), [x]


@case("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "isclose")
def comparisons(draw: Draw, name: str) -> Built:
    x = shaped(draw, 2, 3)
    y = x + np.sign(shaped(draw, 2, 3)) * 0.2
    return lambda xp, x, y: smooth(xp, called(xp, name)(x, y), x, y), [x, y]


@case("logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "logical_not", "invert")
def conditions(draw: Draw, name: str) -> Built:
    def function(xp: Any, x: Any) -> Any:
        operands = (x > 0,) if name in ("logical_not", "invert") else (x > 0, x < 1)
        return smooth(xp, xp.where(called(xp, name)(*operands), x, 2 * x), x)

    return function, [shaped(draw, 2, 3)]


@case("all", "any", "count_nonzero")
def tests_of_many(draw: Draw, name: str) -> Built:
    x = draw(arrays())
    axis = an_axis(draw, x)
    more = {} if name == "count_nonzero" and draw(st.booleans()) else {"keepdims": True}
    return lambda xp, x: smooth(xp, called(xp, name)(x > 0, axis=axis, **more), x), [x]


@case("argmax", "argmin", "argsort", "argpartition")
def places(draw: Draw, name: str) -> Built:
    x = draw(arrays(2, 2))
    axis = an_axis(draw, x)
    if name in ("argmax", "argmin"):
        return lambda xp, x: xp.ravel(x)[called(xp, name)(x)] ** 2 * called(xp, name)(x, axis=axis), [x]
    if name == "argsort":
        return lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=axis), axis=axis) ** 2, [x]
    first = np.array([0])  # the order of the others is left open
    return lambda xp, x: xp.take_along_axis(
        x, xp.take(xp.argpartition(x, 0, axis=axis), first, axis=axis), axis=axis
    ), [x]


@case("nonzero", "flatnonzero", "argwhere", "searchsorted")
def places_of_some(draw: Draw, name: str) -> Built:
    x = shaped(draw, 5)
    if name == "searchsorted":
        return lambda xp, x: x[xp.searchsorted(xp.sort(x)[:-1], 0.0)] ** 2, [x]
    if name == "nonzero":
        return lambda xp, x: x[xp.nonzero(x > 0)] ** 2, [x]
    return lambda xp, x: x[called(xp, name)(x > 0)] ** 2, [x]


@case("where", "select", "clip", "compress", "extract", "take", "take_along_axis", complex_too="where take")
def choices(draw: Draw, name: str) -> Built:
    x, y = shaped(draw, 2, 3), shaped(draw, 2, 3)
    mask = shaped(draw, 2, 3) > 0
    index = np.array(draw(st.lists(st.integers(-3, 2), min_size=1, max_size=4)))
    if name == "where":
        return lambda xp, x, y: xp.where(mask, x, y * y), [x, y]
    if name == "select":
        return lambda xp, x, y: xp.select([mask, x > 0], [x * y, y], 0.5), [x, y]
    if name == "clip":
        high = draw(st.sampled_from((1.03, None)))
        low = np.where(np.abs(np.abs(x) - 1.03) < 0.05, -3.0, -1.03)
        return lambda xp, x: xp.clip(x, low, high if np.all(low > -2) else None), [x]
    if name == "compress":
        return lambda xp, x: xp.compress(mask[0], x, axis=1) ** 2, [x]
    if name == "extract":
        return lambda xp, x: xp.extract(mask, x) ** 2, [x]
    if name == "take":
        axis = draw(st.sampled_from((None, 1, -1)))
        return lambda xp, x: xp.take(x, index, axis=axis) ** 2, [x]
    return lambda xp, x: xp.take_along_axis(x, np.stack([index % 3, index % 2]), axis=1) ** 2, [x]


@case("sort", "partition", complex_too="")
def orders(draw: Draw, name: str) -> Built:
    x = draw(arrays())
    axis = draw(st.sampled_from((None, an_axis(draw, x)))) if name == "sort" else an_axis(draw, x)
    more = (x.shape[axis] // 2,) if name == "partition" else ()
    return lambda xp, x: called(xp, name)(x, *more, axis=axis) ** 2, [x]


@case("array", "asarray", "asanyarray", "ascontiguousarray", "astype", "full_like")
def copies(draw: Draw, name: str) -> Built:
    x = draw(arrays(1, 2))
    if name == "astype":
        return lambda xp, x: xp.astype(x, np.float64) * x, [x]
    if name == "full_like":
        return lambda xp, x: xp.full_like(x, xp.sum(x) ** 2), [x]
    if name == "array":
        return lambda xp, x: xp.array([[x, 2 * x], [x * x, 1.0 + 0 * x]], ndmin=4, like=x) ** 2, [x]
    return lambda xp, x: called(xp, name)([x, x * x], dtype=float, like=x) ** 2, [x]


@case("zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "result_type", "iscomplexobj", "isrealobj",
      "zeros", "ones", "empty", "full", "eye", "identity", "arange", "tri", "array_equal", "allclose")  # fmt: skip
def plain_results(draw: Draw, name: str) -> Built:
    """What does not depend on entries: plain numbers that multiply the entries."""
    arguments: dict[str, tuple[Any, ...]] = {
        "zeros": ((2,),), "ones": ((2,),), "empty": ((2,),), "full": ((2,), 3.0), "eye": (2,), "identity": (2,),
        "arange": (3.0,), "tri": (2,),
    }  # fmt: skip

    def function(xp: Any, x: Any) -> Any:
        if name in arguments:
            found = called(xp, name)(*arguments[name], like=x)
        else:
            found = called(xp, name)(*(x, x) if name in ("array_equal", "allclose") else (x,))
        assert type(found) is not type(x) or isinstance(x, np.ndarray)
        return np.sum(np.shape(found)) * x * x

    return function, [draw(arrays(1, 2))]


@case("linspace", "meshgrid", complex_too="linspace")
def grids(draw: Draw, name: str) -> Built:
    if name == "meshgrid":
        options = {"indexing": draw(st.sampled_from(("xy", "ij"))), "sparse": draw(st.booleans())}
        return lambda xp, x, y: [part * part for part in xp.meshgrid(x, y, **options)], [
            shaped(draw, 2),
            shaped(draw, 3),
        ]
    num, endpoint, axis = draw(st.integers(1, 4)), draw(st.booleans()), draw(st.sampled_from((0, -1)))
    return lambda xp, x, y: xp.linspace(x, y, num, endpoint=endpoint, axis=axis) ** 2, [
        shaped(draw, 2),
        shaped(draw, 2),
    ]


@case("polyval", complex_too="polyval")
def polynomials(draw: Draw, name: str) -> Built:
    return lambda xp, p, x: xp.polyval(p, x), [shaped(draw, draw(st.integers(1, 4))), draw(arrays(0, 2))]
