"""Powers of growth: of exact laws, of counts, and what is said where there are none.  No time is tested."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines import engine_named
from diffcompare.errors import DiffCompareError
from diffcompare.expression.catalog import CATALOG
from diffcompare.studies.scaling import SIZES, chain, fitted, outputs, peak_bytes

LETTERS = {"n": "inputs", "m": "outputs", "l": "operations"}


@given(
    exponent=st.floats(-3, 3),
    factor=st.floats(1e-6, 1e6),
    sizes=st.lists(st.integers(100, 1000), min_size=3, max_size=9, unique=True),
)
def test_an_exact_power_law_is_found_exactly(exponent: float, factor: float, sizes: list[int]) -> None:
    power = fitted(sizes, [factor * size**exponent for size in sizes])
    assert power is not None
    assert power.exponent == pytest.approx(exponent, abs=1e-9 + 1e-11 / np.ptp(np.log(sizes)))
    assert power.error < 1e-9 + 1e-11 / np.ptp(np.log(sizes))


def test_the_standard_error_is_that_of_a_regression() -> None:
    from scipy.stats import linregress

    sizes = [100, 200, 400, 800, 1600]
    values = np.random.default_rng(3).uniform(1, 2, 5) * np.array(sizes)
    power, expected = fitted(sizes, list(values)), linregress(np.log(sizes), np.log(values))
    assert power is not None
    assert (power.exponent, power.error) == pytest.approx((expected.slope, expected.stderr), rel=1e-12)


def test_small_sizes_and_few_sizes_are_left_out_of_a_fit() -> None:
    power = fitted(SIZES, [1e9 if size < 30000 else size**2 for size in SIZES])
    assert power is not None
    assert power.sizes == (31623, 100000, 316228, 1000000)
    assert power.exponent == pytest.approx(2)
    assert fitted([10, 1000], [1.0, 2.0]) is None


def test_counted_evaluations_grow_as_the_lecture_says() -> None:
    study = dc.scaling(sizes=[20, 40, 80], engines=["reverse", "forward", "finite-central"], seconds=60.0)
    found = {(g.axis, g.engine): g for g in study.growths if g.quantity == "evaluations"}
    assert len(found) == 9
    for growth in found.values():
        assert growth.power.exponent == pytest.approx(growth.claim, abs=1e-12)
    assert {key: growth.claim for key, growth in found.items() if growth.claim} == {
        ("n", "forward"): 1, ("n", "finite-central"): 1, ("m", "reverse"): 1,
    }  # fmt: skip


def test_counted_operations_grow_as_the_lecture_says() -> None:
    sizes, entry = [25, 50, 100], CATALOG["speelpenning"]
    assert entry.sized is not None
    source, points = entry.function(), list(map(entry.sized, sizes))
    own = [source.trace(point).operations() for point in points]
    exponents = {}
    for name in ("reverse", "forward"):
        counted = [engine_named(name).run(source, source.at(point)).operations or 0 for point in points]
        power = fitted(sizes, [count / one for count, one in zip(counted, own, strict=True)])
        assert power is not None
        exponents[name] = power.exponent
    assert exponents["reverse"] == pytest.approx(0, abs=0.05)
    assert exponents["forward"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("size", [10, 1000])
def test_the_families_have_as_many_outputs_and_operations_as_they_say(size: int) -> None:
    at: dict[str, Any] = {"x": 0.5, "y": 0.25}
    wide = dc.function(lambda x, y: outputs(x, y, size)).trace(at)
    long = dc.function(lambda x, y: chain(x, y, size)).trace(at)
    assert len(wide.outputs) == size
    assert wide.operations() == 4 * size
    assert long.operations() == size // 4 * 4


def test_the_tape_of_reverse_mode_grows_with_the_operations_and_a_difference_needs_none() -> None:
    sizes, at = [4000, 16000, 64000], {"x": 0.5, "y": 0.25}
    exponents = {}
    for name in ("reverse", "finite-forward"):
        run = engine_named(name).run
        functions = [dc.function(partial(chain, length=size), "chain") for size in sizes]
        run(functions[0], at)  # what is imported or kept once is no memory of a run
        power = fitted(sizes, [peak_bytes(lambda f=f, run=run: run(f, at)) for f in functions])
        assert power is not None
        exponents[name] = power.exponent
    assert exponents["reverse"] == pytest.approx(1, abs=0.15)
    assert exponents["finite-forward"] == pytest.approx(0, abs=0.15)


def test_sizes_over_the_budget_are_named() -> None:
    study = dc.scaling(sizes=[2, 10**6], engines=["reverse"], seconds=1e-3)
    assert {row.size for row in study.rows} <= {2}
    assert [line.split(" on:")[0] for line in study.left_out] == [f"reverse from {axis} = 1000000" for axis in LETTERS]
    assert study.growths == ()


@pytest.mark.parametrize(("options", "message"), [
    ({"sizes": [1]}, "a size of 1 does not fit"),
    ({"sizes": [10**7]}, "a size of 10000000 does not fit"),
    ({"f": "lecture"}, "the number of inputs of lecture is fixed"),
    ({"engines": ["revers"]}, "did you mean reverse"),
])  # fmt: skip
def test_what_cannot_be_measured_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DiffCompareError, match=message):
        dc.scaling(**options)
