"""A full Jacobian and a full Hessian of moderate size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

OUTPUTS = INPUTS = 200
VARIABLES = 100


def layer(x: Any, A: Any, xp: Any = np) -> Any:
    """tanh(A x) x, a function of 200 variables with 200 outputs."""
    return xp.tanh(A @ x) * x


def energy(x: Any, A: Any, xp: Any = np) -> Any:
    """ln(sum(exp(A x))) + sum(x^4)/4, whose Hessian is full."""
    return xp.log(xp.exp(A @ x).sum()) + (x**4).sum() / 4


def jacobian() -> Mapping[str, Way]:
    """The Jacobian of `layer`, shape (200, 200)."""
    x, A = _setting(INPUTS)

    def by_hand() -> Run:
        def rows() -> Any:
            y = np.tanh(A @ x)
            return ((1 - y * y) * x)[:, None] * A + np.diag(y)

        return rows

    def compiled() -> Run:
        rows = dc.compile(lambda x: layer(x, A), at={"x": x}, want="jacobian")
        return lambda: rows(x)

    def torch() -> Run:
        import torch

        at, of = torch.tensor(x), torch.tensor(A)
        rows = torch.func.jacrev(lambda x: layer(x, of, torch))
        return lambda: rows(at)

    def autograd() -> Run:
        import autograd
        import autograd.numpy as anp

        rows = autograd.jacobian(lambda x: layer(x, A, anp))
        return lambda: rows(x)

    def jax_jit() -> Run:
        import jax
        import jax.numpy as jnp

        rows = jax.jit(jax.jacrev(lambda x: layer(x, A, jnp)))
        at = jax.device_put(x)
        return lambda: jax.block_until_ready(rows(at))

    return _ways("jacobian", by_hand, compiled, torch, autograd, jax_jit)


def hessian() -> Mapping[str, Way]:
    """The Hessian of `energy`, shape (100, 100)."""
    x, A = _setting(VARIABLES)

    def by_hand() -> Run:
        def rows() -> Any:
            e = np.exp(A @ x)
            p = e / e.sum()
            mean = p @ A
            return (A.T * p) @ A - np.outer(mean, mean) + np.diag(3 * x * x)

        return rows

    def compiled() -> Run:
        gradient = dc.grad(lambda x: energy(x, A))
        rows = dc.compile(lambda x: gradient(x), at={"x": x}, want="jacobian")
        return lambda: rows(x)

    def torch() -> Run:
        import torch

        at, of = torch.tensor(x), torch.tensor(A)
        rows = torch.func.hessian(lambda x: energy(x, of, torch))
        return lambda: rows(at)

    def autograd() -> Run:
        import autograd
        import autograd.numpy as anp

        rows = autograd.hessian(lambda x: energy(x, A, anp))
        return lambda: rows(x)

    def jax_jit() -> Run:
        import jax
        import jax.numpy as jnp

        rows = jax.jit(jax.hessian(lambda x: energy(x, A, jnp)))
        at = jax.device_put(x)
        return lambda: jax.block_until_ready(rows(at))

    return _ways("hessian", by_hand, compiled, torch, autograd, jax_jit)


def _setting(n: int) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    return random.standard_normal(n) / 2, random.standard_normal((n, n)) / np.sqrt(n)


def _ways(gives: str, by_hand: Any, compiled: Any, torch: Any, autograd: Any, jax_jit: Any) -> dict[str, Way]:
    ways = {
        "NumPy by hand": by_hand, "compiled": compiled, "PyTorch": torch, "autograd": autograd, "jax.jit": jax_jit,
    }  # fmt: skip
    return {name: Way(prepare, (gives,)) for name, prepare in ways.items()}


CLAIMS = (Claim("compiled", "PyTorch", 1.0), Claim("compiled", "autograd", 1.0), Claim("compiled", "jax.jit", 2.0))
CASES = {
    "jacobian": Case("full Jacobian of 200 outputs by 200 inputs", jacobian, CLAIMS),
    "hessian": Case("full Hessian of 100 variables", hessian, CLAIMS),
}
