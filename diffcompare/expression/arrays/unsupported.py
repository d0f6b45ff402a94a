"""What to write instead of NumPy's functions that have no derivative rule here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from diffcompare.errors import TracingError

_BUILD = "build the result with np.where, np.concatenate or np.stack instead of writing into an array"
_SORTED = "write it with np.sort and indexing, for example np.sort(x)[n // 2] for an odd n"
_VALID = "replace what is not a number first: np.where(np.isnan(x), 0, x)"
_LOOP = "write the loop and join its results with np.stack"
_SETS = "write np.sort(x) and index it"
_FOURIER = "multiply by the Fourier matrix np.exp(-2j * np.pi * np.outer(k, k) / n), which is linear"
_POLYNOMIAL = "write np.polyval, np.convolve or arithmetic on the coefficients"
_HISTOGRAM = "counts move in steps and have no derivative; write a smooth kernel with np.exp and np.sum"
_GENERAL = "write it with arithmetic, np.sum, np.where, indexing, @ or a loop"

HINTS: dict[str, str] = {
    **dict.fromkeys(("median", "percentile", "quantile", "nanmedian", "nanpercentile", "nanquantile"), _SORTED),
    **dict.fromkeys(("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nancumsum", "nancumprod",
                     "nanargmax", "nanargmin"), _VALID),
    **dict.fromkeys(("put", "put_along_axis", "place", "putmask", "copyto", "fill_diagonal", "insert"), _BUILD),
    **dict.fromkeys(("apply_along_axis", "apply_over_axes", "vectorize", "piecewise", "frompyfunc", "fromfunction",
                     "fromiter"), _LOOP),
    **dict.fromkeys(("unique", "unique_all", "unique_counts", "unique_inverse", "unique_values", "union1d",
                     "intersect1d", "setdiff1d", "setxor1d", "isin", "lexsort", "sort_complex"), _SETS),
    **dict.fromkeys(("poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "roots",
                     "vander"), _POLYNOMIAL),
    **dict.fromkeys(("histogram", "histogram2d", "histogram_bin_edges", "histogramdd", "bincount", "digitize"),
                    _HISTOGRAM),
    "interp": "find the interval with np.searchsorted and write y[i] + (x - x0[i]) * slope[i]",
    "piecewise": "write np.select or np.where",
    "choose": "write np.select or np.where",
    "cov": "subtract the mean and write y @ y.T / (n - 1)",
    "corrcoef": "subtract the mean, divide by the norm and write y @ y.T",
    "correlate": "write np.convolve(x, np.flip(np.conj(y)))",
    "ediff1d": "write np.diff",
    "einsum_path": "write np.einsum",
    "unwrap": "write the jumps with np.round, which moves in steps: x - 2 * np.pi * np.round(...)",
    "logspace": "write 10 ** np.linspace(a, b, n)",
    "geomspace": "write np.exp(np.linspace(np.log(a), np.log(b), n))",
    "i0": "write its power series, or np.mean(np.exp(x * np.cos(t))) over t in [0, pi]",
    "frexp": "write x / 2 ** np.floor(np.log2(np.abs(x)))",
    "ldexp": "write x * 2 ** k",
    "linalg.svd": "write np.linalg.svdvals, or np.linalg.eigh(x.T @ x)",
    "linalg.eig": "write np.linalg.eigh for a symmetric matrix",
    "linalg.eigvals": "write np.linalg.eigvalsh for a symmetric matrix",
    "linalg.pinv": "write np.linalg.solve(x.T @ x, x.T) for a matrix of full column rank",
    "linalg.lstsq": "write np.linalg.solve(x.T @ x, x.T @ y)",
    "linalg.qr": "write np.linalg.cholesky(x.T @ x, upper=True) for R",
    "linalg.matrix_rank": "it moves in steps; count np.linalg.svdvals(x) > tol",
    "linalg.cond": "write np.linalg.svdvals and divide the first by the last",
    "linalg.tensorinv": "reshape to a matrix and write np.linalg.inv",
    "linalg.tensorsolve": "reshape to a matrix and write np.linalg.solve",
}  # fmt: skip

IN_PLACE = ("sort", "fill", "put", "resize", "partition", "itemset", "setfield", "setflags", "byteswap")


def unsupported(name: str, known: Iterable[str]) -> TracingError:
    """The error for a function without a rule: its name, and the nearest way to write it."""
    if name.startswith("fft."):
        advice = _FOURIER
    elif name in HINTS:
        advice = HINTS[name]
    else:
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        advice = f"the nearest is np.{near[0]}" if near else _GENERAL
    return TracingError(f"np.{name} has no derivative rule here; {advice}")


def in_place(name: str) -> TracingError:
    """The error for a method that would change a traced array."""
    instead = f"x = np.{name}(x)" if name in ("sort", "partition", "resize") else "np.where, np.concatenate or np.stack"
    return TracingError(f"x.{name} changes a traced array in place; write {instead} instead")
