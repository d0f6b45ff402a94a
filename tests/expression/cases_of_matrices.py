"""Cases of the products of arrays and of np.linalg."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.expression.array_cases import Draw, called, case, shaped

Built = tuple[Callable[..., Any], list[Any]]


@case("matmul", "linalg.matmul", "dot", "inner", complex_too="matmul dot inner")
def matrix_products(draw: Draw, name: str) -> Built:
    shapes = {
        "dot": [((), (2,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((2, 2, 3), (2, 3, 2))],
        "inner": [((), (2,)), ((3,), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (3,))],
    }.get(name, [((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 3), (3, 4)), ((2, 1, 2, 3), (4, 3, 2))])
    first, second = draw(st.sampled_from(shapes))
    return lambda xp, x, y: called(xp, name)(x, y), [shaped(draw, *first), shaped(draw, *second)]


@case("vdot", "vecdot", "linalg.vecdot", "matvec", "vecmat", "outer", "linalg.outer", "kron", "convolve",
      complex_too="vdot vecdot matvec vecmat outer kron convolve")  # fmt: skip
def other_products(draw: Draw, name: str) -> Built:
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = {
        "vdot": [((2, 3), (2, 3))], "vecdot": [((2, 3), (2, 3)), ((3,), (2, 3))], "linalg.vecdot": [((2, 3), (3,))],
        "matvec": [((2, 3), (3,)), ((2, 2, 3), (2, 3))], "vecmat": [((3,), (3, 2)), ((2, 3), (3, 2))],
        "outer": [((2, 2), (3,))], "linalg.outer": [((2,), (3,))],
        "kron": [((2, 2), (3, 2)), ((2,), (2, 3)), ((2, 1, 2), (2,))], "convolve": [((4,), (2,)), ((2,), (5,))],
    }[name]  # fmt: skip
    first, second = draw(st.sampled_from(shapes))
    more = (draw(st.sampled_from(("full", "same", "valid"))),) if name == "convolve" else ()
    return lambda xp, x, y: called(xp, name)(x, y, *more), [shaped(draw, *first), shaped(draw, *second)]


@case("tensordot", "linalg.tensordot", complex_too="tensordot")
def tensor_products(draw: Draw, name: str) -> Built:
    first, second, axes = draw(
        st.sampled_from(
            [((2, 3), (3, 4), 1), ((2, 3), (2, 3), 2), ((2,), (3,), 0), ((2, 3, 4), (4, 2), ([0, 2], [1, 0])),
             ((2, 3), (4, 3), (-1, -1)), ((2, 3), (3, 2), ((0, 1), (1, 0)))]
        )
    )  # fmt: skip
    return lambda xp, x, y: called(xp, name)(x, y, axes=axes), [shaped(draw, *first), shaped(draw, *second)]


@case("einsum", complex_too="einsum")
def subscripts(draw: Draw, name: str) -> Built:
    text, *shapes = draw(
        st.sampled_from(
            [("ij,jk->ik", (2, 3), (3, 2)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("ij->", (2, 3)),
             ("iij,ij->j", (2, 2, 3), (2, 3)),
             ("...ij,...jk->...ik", (2, 2, 3), (3, 2)), ("ij,j,jk", (2, 3), (3,), (3, 2)), ("i,i->i", (1,), (3,)),
             ("abc,cd,d->ba", (2, 3, 2), (2, 2), (2,)), ("...i->...", (2, 3)), ("i,j", (2,), (3,))]
        )
    )  # fmt: skip
    optimize = draw(st.booleans())
    return lambda xp, *xs: xp.einsum(text, *xs, optimize=optimize), [shaped(draw, *shape) for shape in shapes]


@case("cross", "linalg.cross")
def cross_products(draw: Draw, name: str) -> Built:
    axis = draw(st.sampled_from((0, -1)))
    return lambda xp, x, y: called(xp, name)(x, y, axis=axis), [shaped(draw, 3, 3), shaped(draw, 3, 3)]


def stack_of(draw: Draw) -> tuple[int, ...]:
    return draw(st.sampled_from(((), (2,))))


@case("linalg.multi_dot", "linalg.matrix_power", complex_too="linalg.multi_dot")
def chains(draw: Draw, name: str) -> Built:
    if name == "linalg.multi_dot":
        return lambda xp, x, y: xp.linalg.multi_dot([x, y, x]), [shaped(draw, 2, 3), shaped(draw, 3, 2)]
    power = draw(st.integers(-2, 4))
    return lambda xp, x: xp.linalg.matrix_power(x + 3 * np.eye(2), power) * (x[0, 0] + 1), [shaped(draw, 2, 2)]


@case("linalg.inv", "linalg.det", "linalg.slogdet", complex_too="linalg.inv linalg.det linalg.slogdet")
def of_regular_matrices(draw: Draw, name: str) -> Built:
    n = draw(st.integers(1, 3))
    x = shaped(draw, *stack_of(draw), n, n) + 4 * np.eye(n)
    if name == "linalg.slogdet":
        return lambda xp, x: xp.linalg.slogdet(x)[0] * xp.linalg.slogdet(x)[1], [x]
    return lambda xp, x: called(xp, name)(x), [x]


@case("linalg.solve", complex_too="linalg.solve")
def systems(draw: Draw, name: str) -> Built:
    n, stack = draw(st.integers(1, 3)), stack_of(draw)
    right = draw(st.sampled_from(((n,), (n, 2), (2, n, 2))))
    return lambda xp, x, y: xp.linalg.solve(x, y), [shaped(draw, *stack, n, n) + 4 * np.eye(n), shaped(draw, *right)]


def hermitian(xp: Any, x: Any) -> Any:
    """A positive definite matrix with eigenvalues apart, of any square matrix."""
    n = x.shape[-1]
    return (x + xp.conj(xp.swapaxes(x, -1, -2))) / 10 + np.diag(np.arange(n) + 2.0)


@case("linalg.cholesky", "linalg.eigvalsh", "linalg.eigh", complex_too="linalg.cholesky linalg.eigvalsh")
def of_hermitian_matrices(draw: Draw, name: str) -> Built:
    n = draw(st.integers(1, 3))
    x = shaped(draw, *stack_of(draw), n, n)
    if name == "linalg.eigh":
        return lambda xp, x: [part**2 for part in xp.linalg.eigh(hermitian(xp, x))], [x]
    return lambda xp, x: called(xp, name)(hermitian(xp, x)), [x]


@case("linalg.norm", "linalg.vector_norm", "linalg.matrix_norm", "linalg.svdvals", complex_too="linalg.norm")
def norms(draw: Draw, name: str) -> Built:
    x = shaped(draw, 2, 3) + np.array([[4.0, 0, 0], [0, 7.0, 0]])
    orders = {
        "linalg.norm": (None, "fro", 1, -1, np.inf, -np.inf, 2, -2, "nuc"),
        "linalg.matrix_norm": ("fro", 1, -1, np.inf, -np.inf, 2, -2, "nuc"),
        "linalg.vector_norm": (2, 1, np.inf, -np.inf, 3, 0.5),
    }.get(name, ())
    if name == "linalg.svdvals":
        return lambda xp, x: xp.linalg.svdvals(x), [x]
    options = {"ord": draw(st.sampled_from(orders)), "keepdims": draw(st.booleans())}
    if name == "linalg.norm" and draw(st.booleans()):
        options |= {"ord": draw(st.sampled_from((None, 2, 1, 3, np.inf, 0))), "axis": draw(st.sampled_from((0, -1)))}
    return lambda xp, x: called(xp, name)(x, **options) ** 2, [x]
