"""NumPy's functions on traced arrays: the table, by NumPy's name, each with NumPy's arguments.

A function is written with primitives, so both modes and every higher derivative follow.  To support one more, write it
in the file of its family under `arrays/` and add it here; what is not here raises an error that names it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.arrays import (
    creation,
    differences,
    elementwise,
    joining,
    linear_algebra,
    products,
    reductions,
    selecting,
    shaping,
)
from diffcompare.expression.arrays.creation import on_values
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.selecting import decided_by
from diffcompare.expression.arrays.steps import steps
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.stepwise import fmod, remainder

Functions = dict[str, Callable[..., Any]]

REDUCTIONS: Functions = {
    "sum": reductions.total, "mean": reductions.mean, "average": reductions.average,
    "var": reductions.variance, "std": reductions.deviation, "prod": reductions.product,
    "max": reductions.extreme(True), "min": reductions.extreme(False), "ptp": reductions.span,
    "cumsum": reductions.cumsum, "cumprod": reductions.scan("multiply"),
    "cumulative_sum": reductions.starting_with(0.0, reductions.cumsum),
    "cumulative_prod": reductions.starting_with(1.0, reductions.scan("multiply")),
    "diff": differences.difference, "gradient": differences.gradient, "trapezoid": differences.trapezoid,
}  # fmt: skip

SHAPES: Functions = {
    "reshape": shaping.reshaped, "ravel": shaping.raveled, "transpose": shaping.transposed,
    "matrix_transpose": shaping.matrix_transposed, "swapaxes": shaping.swapaxes, "moveaxis": shaping.moveaxis,
    "rollaxis": shaping.rollaxis, "expand_dims": shaping.expand_dims, "squeeze": shaping.squeeze,
    **{f"atleast_{n}d": shaping.at_least(getattr(np, f"atleast_{n}d")) for n in (1, 2, 3)},
    "broadcast_to": shaping.broadcast_to_shape, "broadcast_arrays": shaping.broadcast_arrays,
    "flip": shaping.flip, "flipud": lambda m: shaping.flip(m, 0), "fliplr": lambda m: shaping.flip(m, 1),
    "rot90": shaping.rot90, "roll": shaping.roll,
    "repeat": shaping.repeat, "tile": shaping.tile, "resize": shaping.resized,
}  # fmt: skip

JOINING: Functions = {
    "concatenate": joining.concatenated, "stack": joining.stack, "vstack": joining.vstack, "hstack": joining.hstack,
    "dstack": joining.dstack, "column_stack": joining.column_stack, "append": joining.append, "block": joining.block,
    "split": joining.split, "array_split": joining.array_split, "vsplit": joining.split_along(0),
    "hsplit": joining.split_along(1), "dsplit": joining.split_along(2), "unstack": joining.unstack,
    "pad": joining.pad, "delete": joining.deleted,
}  # fmt: skip

SELECTING: Functions = {
    "where": selecting.choose, "select": selecting.select, "clip": selecting.clip, "take": selecting.take,
    "take_along_axis": selecting.take_along_axis, "compress": selecting.compress, "extract": selecting.extract,
    "sort": selecting.sort, "partition": selecting.partition,
    "diag": selecting.diag, "diagflat": selecting.diagflat, "diagonal": selecting.diagonal, "trace": selecting.trace,
    "tril": selecting.triangle(np.tril), "triu": selecting.triangle(np.triu),
}  # fmt: skip

PRODUCTS: Functions = {
    "matmul": products.matmul, "dot": products.dot, "vdot": products.vdot, "vecdot": products.vecdot,
    "matvec": products.matvec, "vecmat": products.vecmat, "inner": products.inner, "outer": products.outer,
    "tensordot": products.tensordot, "einsum": products.einsum, "kron": products.kron, "cross": products.cross,
    "convolve": products.convolve,
}  # fmt: skip

LINEAR_ALGEBRA: Functions = {
    "inv": linear_algebra.inv, "solve": linear_algebra.solve, "det": linear_algebra.det,
    "slogdet": linear_algebra.slogdet, "cholesky": linear_algebra.cholesky, "eigh": linear_algebra.eigh,
    "eigvalsh": linear_algebra.eigvalsh, "svdvals": linear_algebra.svdvals, "norm": linear_algebra.norm,
    "vector_norm": linear_algebra.vector_norm, "matrix_norm": linear_algebra.matrix_norm,
    "matrix_power": products.matrix_power, "multi_dot": products.multi_dot, "matmul": products.matmul,
    "tensordot": products.tensordot, "outer": products.outer, "vecdot": products.vecdot, "cross": products.last_cross,
    "matrix_transpose": shaping.matrix_transposed, "diagonal": linear_algebra.last_diagonal,
    "trace": linear_algebra.last_trace,
}  # fmt: skip

ELEMENTWISE: Functions = {
    "absolute": elementwise.absolute, "real": elementwise.real, "imag": elementwise.imag,
    "conjugate": elementwise.conj, "angle": elementwise.angle, "real_if_close": elementwise.real_if_close,
    "sinc": elementwise.sinc, "logaddexp2": elementwise.logaddexp2, "float_power": elementwise.float_power,
    "fmax": elementwise.valid(PRIMITIVES["maximum"]), "fmin": elementwise.valid(PRIMITIVES["minimum"]),
    "copysign": elementwise.copysign, "heaviside": elementwise.heaviside, "nan_to_num": elementwise.nan_to_num,
    "modf": elementwise.modf, "divmod": elementwise.divmod_of, "polyval": elementwise.polyval,
    "remainder": lambda x1, x2: remainder(arrayed(x1), arrayed(x2)),
    "fmod": lambda x1, x2: fmod(arrayed(x1), arrayed(x2)),
}  # fmt: skip

# Their values move in steps: the derivative is 0 wherever there is one.
STEPS: Functions = {
    **{name: steps(getattr(np, name)) for name in (
        "floor", "ceil", "trunc", "rint", "fix", "round", "isnan", "isinf", "isfinite", "isposinf", "isneginf",
        "signbit", "iscomplex", "isreal", "logical_not", "invert", "all", "any",
    )},
    **{name: steps(getattr(np, name), 2) for name in (
        "floor_divide", "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor",
        "isclose",
    )},
    **{name: decided_by(getattr(np, name)) for name in (
        "argmax", "argmin", "argsort", "argpartition", "argwhere", "flatnonzero", "count_nonzero",
    )},
    **{name: decided_by(getattr(np, name), 2) for name in ("array_equal", "allclose")},
    "nonzero": selecting.nonzero,
    "searchsorted": lambda a, v, side="left", sorter=None: np.searchsorted(
        selecting.decided(a), selecting.decided(v), side, sorter
    ),
}  # fmt: skip

CREATION: Functions = {
    "array": creation.array, **dict.fromkeys(("asarray", "asanyarray", "ascontiguousarray"), creation.asarray),
    "copy": lambda a, order="K", subok=False: arrayed(a), "astype": creation.astype, "full_like": creation.full_like,
    "linspace": differences.linspace, "meshgrid": creation.meshgrid,
    **{name: on_values(getattr(np, name)) for name in (
        "zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "result_type", "iscomplexobj", "isrealobj",
        "zeros", "ones", "empty", "full", "eye", "identity", "arange", "tri",
    )},
}  # fmt: skip

FUNCTIONS: Functions = {
    **REDUCTIONS, **SHAPES, **JOINING, **SELECTING, **PRODUCTS, **ELEMENTWISE, **STEPS, **CREATION,
    **{f"linalg.{name}": function for name, function in LINEAR_ALGEBRA.items()},
    "amax": REDUCTIONS["max"], "amin": REDUCTIONS["min"], "around": STEPS["round"],
    "concat": joining.concatenated, "permute_dims": shaping.transposed,
}  # fmt: skip

METHODS: Functions = {
    **{name: FUNCTIONS[name] for name in (
        "sum", "mean", "var", "std", "prod", "max", "min", "cumsum", "cumprod", "ravel", "swapaxes", "squeeze",
        "repeat", "take", "diagonal", "trace", "dot", "clip", "round", "conjugate", "argmax", "argmin",
        "argsort", "argpartition", "nonzero", "searchsorted", "all", "any",
    )},
    "reshape": shaping.spread(shaping.reshaped), "transpose": shaping.spread(shaping.transposed),
    "astype": lambda x, dtype, order="K", casting="unsafe", subok=True, copy=True: creation.asarray(x, dtype),
    "compress": lambda x, condition, axis=None, out=None: selecting.compress(condition, x, axis),
    "conj": elementwise.conj,
    "flatten": shaping.raveled,
    "copy": lambda x, order="C": x,
    "item": lambda x, *place: x[place] if place else shaping.reshaped(x, ()),
    "tolist": lambda x: [row.tolist() if row.shape else row for row in x] if x.shape else x,
}  # fmt: skip

UFUNC_METHODS: Functions = {
    "add.reduce": FUNCTIONS["sum"], "multiply.reduce": FUNCTIONS["prod"], "maximum.reduce": FUNCTIONS["max"],
    "minimum.reduce": FUNCTIONS["min"], "logical_and.reduce": FUNCTIONS["all"], "logical_or.reduce": FUNCTIONS["any"],
    "add.accumulate": FUNCTIONS["cumsum"],
    **{f"{name}.accumulate": reductions.scan(name) for name in ("multiply", "maximum", "minimum")},
}  # fmt: skip
