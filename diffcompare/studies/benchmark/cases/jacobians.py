"""A full Jacobian and a full Hessian of moderate size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

OUTPUTS = INPUTS = 200
VARIABLES = 100
REVERSE = {"jacobian": "jacrev"}  # what JAX and PyTorch call it


def layer(x: Any, A: Any, xp: Any = np) -> Any:
    """tanh(A x) x, a function of 200 variables with 200 outputs."""
    return xp.tanh(A @ x) * x


def energy(x: Any, A: Any, xp: Any = np) -> Any:
    """ln(sum(exp(A x))) + sum(x^4)/4, whose Hessian is full."""
    return xp.log(xp.exp(A @ x).sum()) + (x**4).sum() / 4


def jacobian() -> Mapping[str, Way]:
    """The Jacobian of `layer`, shape (200, 200)."""
    x, A = _setting(INPUTS)

    def by_hand() -> Any:
        y = np.tanh(A @ x)
        return ((1 - y * y) * x)[:, None] * A + np.diag(y)

    return _ways("jacobian", layer, by_hand, lambda x: layer(x, A), x, A)


def hessian() -> Mapping[str, Way]:
    """The Hessian of `energy`, shape (100, 100)."""
    x, A = _setting(VARIABLES)

    def by_hand() -> Any:
        e = np.exp(A @ x)
        p = e / e.sum()
        mean = p @ A
        return (A.T * p) @ A - np.outer(mean, mean) + np.diag(3 * x * x)

    gradient = dc.grad(lambda x: energy(x, A))
    return _ways("hessian", energy, by_hand, lambda x: gradient(x), x, A)


def _setting(n: int) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    return random.standard_normal(n) / 2, random.standard_normal((n, n)) / np.sqrt(n)


def _ways(
    name: str, f: Callable[..., Any], by_hand: Run, differentiated: Callable[..., Any], x: Any, A: Any
) -> dict[str, Way]:
    """The matrix by hand, as the compiled Jacobian of a function, and by each library's operator of that name."""

    def compiled() -> Run:
        rows = dc.compile(differentiated, at={"x": x}, want="jacobian")
        return lambda: rows(x)

    def torch() -> Run:
        import torch

        at, of = torch.tensor(x), torch.tensor(A)
        rows = getattr(torch.func, REVERSE.get(name, name))(lambda x: f(x, of, torch))
        return lambda: rows(at)

    def autograd() -> Run:
        import autograd
        import autograd.numpy as anp

        rows = getattr(autograd, name)(lambda x: f(x, A, anp))
        return lambda: rows(x)

    def jax_jit() -> Run:
        import jax
        import jax.numpy as jnp

        rows = jax.jit(getattr(jax, REVERSE.get(name, name))(lambda x: f(x, A, jnp)))
        at = jax.device_put(x)
        return lambda: jax.block_until_ready(rows(at))

    ways = {
        "NumPy by hand": lambda: by_hand, "compiled": compiled, "PyTorch": torch, "autograd": autograd,
        "jax.jit": jax_jit,
    }  # fmt: skip
    return {way: Way(prepare, (name,)) for way, prepare in ways.items()}


CLAIMS = (Claim("compiled", "PyTorch", 1.0), Claim("compiled", "autograd", 1.0), Claim("compiled", "jax.jit", 2.0))
CASES = {
    "jacobian": Case("full Jacobian of 200 outputs by 200 inputs", jacobian, CLAIMS),
    "hessian": Case("full Hessian of 100 variables", hessian, CLAIMS),
}
