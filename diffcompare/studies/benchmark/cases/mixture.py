"""ADBench's first objective: the log-likelihood of a Gaussian mixture with a Wishart prior, and its gradient.

Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, "A benchmark of selected algorithmic differentiation tools on some
problems in computer vision and machine learning", Optimization Methods and Software 33 (2018), Section 4.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

GAMMA, DEGREES = 1.0, 0  # of the Wishart prior


class Size(NamedTuple):
    """N points in d dimensions, K components."""

    points: int
    dimensions: int
    components: int


SIZES = {"small": Size(1000, 2, 5), "middle": Size(1000, 20, 25)}


def objective(mixture: Any, xs: Any, places: Any, xp: Any = np) -> Any:
    """The log-likelihood of the points xs, shape (N, d); xp is NumPy or a library with its names.

    A mixture is its weights (K,), means (K, d), logarithms of the diagonals of the inverse Cholesky factors (K, d), and
    the entries below them (K, d (d - 1)/2).  `places` says where in (0, exp(diagonal), below) each entry of a lower
    triangular factor is found, shape (d, d).
    """
    alphas, means, diagonals, below = mixture
    (N, d), K = xs.shape, alphas.shape[0]
    spread = xp.exp(diagonals)
    entries = xp.concatenate([0.0 * spread[:, :1], spread, below], 1)
    factors = entries[:, places.ravel()].reshape((K, d, d))
    apart = xs.T[None, :, :] - means[:, :, None]
    distances = ((factors @ apart) ** 2).sum(1)
    inner = (alphas + diagonals.sum(1))[:, None] - 0.5 * distances
    prior = (0.5 * GAMMA**2) * ((spread**2).sum() + (below**2).sum()) - DEGREES * diagonals.sum()
    likelihood = _log_sum_exp(inner, xp).sum() - N * _log_sum_exp(alphas[:, None], xp).sum()
    return likelihood + prior + _constant(N, d, K)


def _log_sum_exp(terms: Any, xp: Any) -> Any:
    """Over the first axis, with the largest term taken out."""
    largest = xp.max(terms, 0) if xp.__name__ != "torch" else terms.amax(0)
    return xp.log(xp.exp(terms - largest).sum(0)) + largest


def _constant(N: int, d: int, K: int) -> float:
    """What does not depend on the mixture."""
    n = d + DEGREES + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((n + 1 - j) / 2) for j in range(1, d + 1))
    wishart = n * d * (math.log(GAMMA) - 0.5 * math.log(2)) - log_gamma
    return -N * d / 2 * math.log(2 * math.pi) - K * wishart


def factor_places(d: int) -> Any:
    """Where each entry of a lower triangular matrix is found: column by column below the diagonal, as in ADBench."""
    places = np.zeros((d, d), dtype=int)
    places[np.diag_indices(d)] = 1 + np.arange(d)
    columns, rows = np.triu_indices(d, 1)
    places[rows, columns] = 1 + d + np.arange(len(rows))
    return places


def setting(size: Size) -> tuple[tuple[Any, ...], Any, Any]:
    """A mixture, points, and the places of the entries of its factors."""
    random = np.random.default_rng(2)
    N, d, K = size
    mixture = (
        random.standard_normal(K), random.uniform(size=(K, d)), random.standard_normal((K, d)) / 4,
        random.standard_normal((K, d * (d - 1) // 2)) / 4,
    )  # fmt: skip
    return mixture, random.standard_normal((N, d)), factor_places(d)


def mixtures(size: Size) -> Mapping[str, Way]:
    """The value and the gradient by all four parameters."""
    mixture, xs, places = setting(size)

    def compiled(way: str) -> Run:
        both = dc.compile(lambda at: objective(at, xs, places), at={"at": mixture}, want="value_and_gradient", way=way)
        return lambda: both(mixture)

    def torch() -> Run:
        import torch

        at = [torch.tensor(part, requires_grad=True) for part in mixture]
        fixed = torch.tensor(xs), torch.tensor(places)

        def both() -> tuple[Any, tuple[Any, ...]]:
            value = objective(at, *fixed, torch)
            return value, torch.autograd.grad(value, at)

        return both

    def autograd() -> Run:
        import autograd.numpy as anp
        from autograd import value_and_grad

        both = value_and_grad(lambda at: objective(at, xs, places, anp))
        return lambda: both(mixture)

    def jax_jit() -> Run:
        import jax
        import jax.numpy as jnp

        both = jax.jit(jax.value_and_grad(lambda at: objective(at, xs, places, jnp)))
        at = jax.device_put(mixture)
        return lambda: jax.block_until_ready(both(at))

    ways: dict[str, Callable[[], Run]] = {
        "PyTorch": torch, "autograd": autograd, "jax.jit": jax_jit,
        "compiled, Numba": partial(compiled, "numba"), "compiled, NumPy": partial(compiled, "numpy"),
    }  # fmt: skip
    return {name: Way(prepare, ("value", "gradient")) for name, prepare in ways.items()}


CASES = {
    f"mixture-{name}": Case(
        f"ADBench's mixture of {size.components} Gaussians, {size.points} points in {size.dimensions} dimensions",
        partial(mixtures, size),
        (
            Claim("compiled, Numba", "PyTorch", 1.0),
            Claim("compiled, Numba", "autograd", 1.0),
            Claim("compiled, Numba", "jax.jit", 1.5),
            Claim("compiled, NumPy", "autograd", 1.0),
        ),
    )
    for name, size in SIZES.items()
}
