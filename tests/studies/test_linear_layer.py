"""The linear layer: the lecture's shapes, its two sums of differences, and memory that is measured."""

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError


def test_the_layer_of_the_lecture_s_network() -> None:
    layer = dc.linear()
    data = layer.to_dict()
    assert data["shapes"] == {
        "X": [64, 512], "W": [512, 512], "Y": [64, 512], "dX": [64, 512], "dW": [512, 512],
        "dY_dX": [64 * 512, 64 * 512], "dY_dW": [64 * 512, 512 * 512],
    }  # fmt: skip
    assert data["jacobian_bytes"] == {"dY_dX": 4 * (64 * 512) ** 2, "dY_dW": 4 * 64 * 512 * 512 * 512}
    assert data["gradient_bytes"] == {"dX": 4 * 64 * 512, "dW": 4 * 512 * 512}
    assert data["difference"] == {"dX": 0.0, "dW": 0.0}
    assert sum(layer.gradient_bytes.values()) <= layer.memory.backward < sum(layer.memory.jacobians.values()) / 1000


@pytest.mark.parametrize("sizes", [(1, 1, 1), (5, 1, 7), (2, 3, 4), (8, 4, 3)])
def test_every_verification_holds_at_any_size(sizes: tuple[int, int, int]) -> None:
    layer = dc.linear(*sizes)
    by_jacobian, by_differences = layer.verifications
    assert max(by_jacobian.difference.values()) < 1e-14
    assert max(by_differences.difference.values()) < 1e-8
    assert layer.memory.built >= layer.memory.small


def test_the_partial_derivatives_that_are_written_out_are_those_of_the_lecture() -> None:
    lines = [step.formula.text for step in dc.linear(2, 2, 2).derivation]
    assert "dY/dX_11 = [W_11, W_12; 0, 0]" in lines
    assert "dY/dW_11 = [X_11, 0; X_21, 0]" in lines


def test_the_formulas_of_the_derivation_are_those_of_reverse_mode() -> None:
    random = np.random.default_rng(3)
    x, w, y_bar = random.standard_normal((3, 4)), random.standard_normal((4, 2)), random.standard_normal((3, 2))
    x_bar, w_bar = dc.vjp(lambda x, w: x @ w, (0, 1))(x, w)(y_bar)
    assert np.array_equal(x_bar, y_bar @ w.T)
    assert np.array_equal(w_bar, x.T @ y_bar)


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, -2, 1), (1, 1, True), (10**6, 10**6, 1)])
def test_sizes_that_do_not_fit_say_so(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(DiffCompareError, match=r"write a whole number|write smaller sizes"):
        dc.linear(*sizes)
