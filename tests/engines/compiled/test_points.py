"""Many points in one call: by NumPy in blocks and by Numba's kernels, the numbers of one point after the other."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines.certified import certify
from diffcompare.engines.compiled import improving, numba_code
from diffcompare.engines.compiled.compilation import Compilation
from diffcompare.engines.compiled.kernels import loading
from diffcompare.engines.compiled.request import requested
from diffcompare.expression.primitives import Primitive
from diffcompare.measure import measure
from tests.expression.rows import COMPARISONS, ROWS, function_of

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="the kernels need numba: pip install 'diffcompare[jit]'"
)
WAYS = ("numpy", pytest.param("numba", marks=needs_numba))
by_way = pytest.mark.parametrize("way", WAYS)

RATIONAL = {
    "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2": ("x",),
    "x*y/(x^2 + y^2) - sqrt(x*y)": ("x", "y"),
    "[r^2*t, sqrt(r)/t, abs(r - t), maximum(r, t)]": ("r", "t"),
    "where(x < y, x*y, x/y) - relu(x - 1)": ("x", "y"),
}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def drawn(names: tuple[str, ...], count: int) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    return {name: rng.uniform(0.05, 3.0, count) for name in names}


def flat(answer: Any) -> np.ndarray:
    return np.concatenate([np.reshape(part, -1) for part in (answer if isinstance(answer, tuple) else (answer,))])


@by_way
@pytest.mark.parametrize("formula", RATIONAL)
def test_sums_products_quotients_and_roots_are_the_same_bits(formula: str, way: str) -> None:
    names = RATIONAL[formula]
    at = dict.fromkeys(names, 0.5)
    points = drawn(names, 5000)  # more than a block
    found = dc.compile(formula, at=at, want="jacobian", way=way)(*points.values())
    one = dc.compile(formula, at=at, want="jacobian", way="python")
    found = found if isinstance(found, tuple) else (found,)
    for k in range(0, 5000, 7):
        single = one(*(float(x[k]) for x in points.values()))
        for part, wanted in zip(found, single if isinstance(single, tuple) else (single,), strict=True):
            assert np.array_equal(part[k], wanted), k


# How far a value may be from the certified one, in ulps, and where NumPy's own functions and libm differ: hypot, which
# Python computes with more digits, and tanh, for which NumPy has vector instructions (of AVX-512, many more).
ULPS = 2.5
MADE_OF_SEVERAL = {
    "sigmoid": 4,
    "softplus": 4,
    "logaddexp": 4,
    "sec": 4,
    "csc": 4,
    "cot": 4,
    "gamma": 10,
    "loggamma": 10,
}
SMOOTH = [row for row in ROWS if row.name not in {*COMPARISONS, "where", "polygamma", "power"}]


@pytest.mark.parametrize("way", ["python", *WAYS])
def test_values_of_every_primitive_are_within_a_few_ulps_of_the_certified_ones(way: str) -> None:
    rows = [row for row in SMOOTH if way != "numba" or row.name not in numba_code.NOT_IN_NUMBA]
    worst = {row.name: _worst(row, way) for row in rows}
    assert {name: ulps for name, ulps in worst.items() if ulps > MADE_OF_SEVERAL.get(name, ULPS)} == {}


def _worst(row: Primitive, way: str) -> float:
    function = function_of(row)
    rng = np.random.default_rng(3)
    cases = row.domain.cases[-len(function.names) :]
    points = {name: rng.uniform(*case, 12) for name, case in zip(function.names, cases, strict=True)}
    at = {name: float(x[0]) for name, x in points.items()}
    values = dc.compile(function, at=at, want="value", way=way)(*points.values())
    truths = [certify(function, {name: float(x[k]) for name, x in points.items()}).value[0] for k in range(12)]
    return max(abs(measure(float(v), truth).ulps) for v, truth in zip(values, truths, strict=True))


@by_way
def test_points_on_different_branches_each_take_their_own(way: str) -> None:
    def settling(x: float) -> float:
        while x < 3:
            x = x * x + 0.3
        return x

    x = drawn(("x",), 300)["x"] + 0.8
    found = dc.compile(settling, at={"x": 4.0}, way=way)(x)
    assert np.array_equal(found, [dc.grad(settling)(float(entry)) for entry in x])


@by_way
def test_where_a_program_gives_nan_the_tape_answers(way: str) -> None:
    x = np.array([0.0, 0.5, 4.0, -1.0, 0.0, 2.0])
    for formula in ("where(x < 1, x^2, sqrt(x - 1))", "sqrt(x^2)", "x + ln(x)", "x^x"):
        found = dc.compile(formula, at={"x": 2.0}, way=way)(x)
        tape = [dc.gradient(formula, at={"x": float(entry)})["x"] for entry in x]
        assert np.array_equal(found, tape, equal_nan=True), formula


@by_way
def test_the_two_zeros_are_two_points(way: str) -> None:
    angle = dc.compile("atan(1/x)", at={"x": 1.0}, want="value", way=way)
    assert angle(np.array([0.0, -0.0, 0.0])).tolist() == pytest.approx([np.pi / 2, -np.pi / 2, np.pi / 2])


@by_way
def test_a_direction_of_several_numbers_may_differ_from_point_to_point(way: str) -> None:
    product = dc.compile("x*y^2", at={"x": 1, "y": 2}, want="hvp", way=way)
    by_x, by_y = product(np.ones(3), 2.0, (1.0, np.arange(3.0)))
    assert by_x.tolist() == [0.0, 4.0, 8.0]
    assert by_y.tolist() == [4.0, 6.0, 8.0]


@by_way
def test_points_come_in_any_shape_and_results_follow_it(way: str) -> None:
    value, gradient = dc.compile("x[0]*x[1]^2*y", at={"x": [1, 2], "y": 1}, want="value_and_gradient", way=way)(
        np.ones((4, 3, 2)), np.arange(3.0)
    )
    assert (value.shape, gradient[0].shape, gradient[1].shape) == ((4, 3), (4, 3, 2), (4, 3))
    assert np.array_equal(value[0], [0, 1, 2])
    product = dc.compile("x^3", at={"x": 1.0}, want="hvp", way=way)
    assert np.array_equal(product(np.arange(3.0), 1.0), [0, 6, 12])
    assert dc.compile("x^2", at={"x": 1.0}, way=way)(np.ones(0)).shape == (0,)


def test_constant_results_fill_their_array() -> None:
    assert np.array_equal(dc.compile("3*x + 1", at={"x": 1.0})(np.zeros(4)), [3, 3, 3, 3])


def test_without_numba_the_choice_falls_to_numpy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    program = dc.compile("x^2", at={"x": 1.0})
    assert "pip install 'diffcompare[jit]'" in program.ways["many points"]
    assert np.array_equal(program(np.arange(200000.0)), 2 * np.arange(200000.0))
    with pytest.raises(dc.DiffCompareError, match=r"numba is not installed; pip install 'diffcompare\[jit\]'"):
        dc.compile("x^2", at={"x": 1.0}, way="numba")


@needs_numba
def test_a_kernel_is_kept_on_disk_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    loading.loaded.cache_clear()
    x = np.linspace(0.1, 1, 10)
    first = dc.compile("x^2*3.25", at={"x": 1.0}, way="numba")(x)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")}
    assert kept
    loading.loaded.cache_clear()
    assert np.array_equal(dc.compile("x^2*3.25", at={"x": 1.0}, way="numba")(x), first)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")} == kept


@needs_numba
@pytest.mark.parametrize("fault", ["cut short", "no folder", "of others"])
def test_without_a_usable_cache_kernels_are_compiled_anew(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" if fault == "no folder" else tmp_path))
    (tmp_path / "file").write_text("a file where the folder should be")
    for _ in range(2):
        loading.loaded.cache_clear()
        found = dc.compile("x^2*7.125", at={"x": 1.0}, way="numba")(np.array([2.0, 3.0]))
        assert np.array_equal(found, [28.5, 42.75])
        if fault == "cut short":
            for path in tmp_path.rglob("*.nbc"):
                path.write_bytes(path.read_bytes()[:50])
            for name in [name for name in sys.modules if name.startswith("diffcompare_kernel")]:
                del sys.modules[name]
        if fault == "of others":
            (tmp_path / "diffcompare").chmod(0o777)


@needs_numba
def test_a_kernel_that_cannot_be_read_is_made_again_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    texts = []
    for _ in range(3):
        loading.loaded.cache_clear()
        for name in [name for name in sys.modules if name.startswith("diffcompare_kernel")]:
            del sys.modules[name]
        assert dc.compile("x^2*9.375", at={"x": 1.0}, way="numba")(np.array([2.0])).tolist() == [37.5]
        (kept,) = tmp_path.rglob("*.nbi")
        texts.append(kept.read_bytes()[-100:])
        if len(texts) == 1:
            kept.write_bytes(b"not an index")
    assert texts[1] == texts[2] != b"not an index"


@needs_numba
def test_a_relative_cache_folder_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    loading.loaded.cache_clear()
    dc.compile("x^2*11.5", at={"x": 1.0}, way="numba")
    assert not (tmp_path / "relative").exists()
    assert list((tmp_path / "home").rglob("*.nbi"))


def test_a_numba_that_cannot_be_imported_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str) -> None:
        raise ImportError("Numba needs NumPy 1.0 or less")

    loading.loaded.cache_clear()
    monkeypatch.setattr(improving, "BEGINNING", -1.0)
    monkeypatch.setattr(loading, "installed", lambda: True)
    monkeypatch.setattr(numba_code, "installed", lambda: True)
    monkeypatch.setattr(loading.importlib, "import_module", refused)
    with pytest.raises(dc.DiffCompareError, match=r"numba cannot be imported: Numba needs NumPy 1\.0 or less"):
        dc.compile("x^2*1.5", at={"x": 1.0}, way="numba")
    program = Compilation(requested(dc.function("x^2*1.5"), {"x": 1.0}, "gradient", None))
    for _ in range(2):
        assert program(np.array([2.0])).tolist() == [6.0]
    assert program.ways["many points"] == "numpy (numba cannot be imported: Numba needs NumPy 1.0 or less)"


@needs_numba
def test_kernels_take_over_once_they_are_worth_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.linspace(0.1, 1, 10**6)
    monkeypatch.setattr(improving, "BEGINNING", -1.0)
    program = Compilation(requested(dc.function("x^2*(1 - x)^2"), {"x": 1.0}, "gradient", None))
    assert program.ways["many points"] == "numpy, and numba once that is worth compiling"
    first = program(x)
    assert program.ways["many points"] in ("numba", "numpy, faster than numba")
    assert np.array_equal(program(x), first)
    other = Compilation(requested(dc.function("exp(x)*sin(x)"), {"x": 1.0}, "gradient", None))
    assert other.ways["many points"] == "numpy (numba rounds cos, exp, sin otherwise)"


def test_products_and_sums_round_once_only_where_that_was_asked_for() -> None:
    x, y, z = 1 + 2.0**-30, 1 - 2.0**-30, -1.0
    at = {"x": x, "y": y, "z": z}
    points = [np.full(64, value) for value in at.values()]
    assert (dc.compile("x*y + z", at=at, want="value", way="numba")(*points) == x * y + z).all()
    fused = dc.compile("x*y + z", at=at, want="value", way="numba", fma=True)(*points)
    assert set(fused) <= {x * y + z, -(2.0**-60)}  # a machine without the instruction rounds twice
