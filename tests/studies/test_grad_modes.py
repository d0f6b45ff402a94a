"""The grad modes: what the lecture's table says of them, found by trying; time and memory as they are measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcompare as dc
import diffcompare.autograd as ours
from diffcompare.errors import DiffCompareError
from diffcompare.studies import grad_modes
from tests.autograd.libraries import needs_torch, theirs
from tests.corpus import LECTURE, needs_lecture

MODES = ["default", "no-grad", "inference"]


@pytest.fixture(scope="module")
def study() -> grad_modes.GradModes:
    return dc.modes()


def answers(study: grad_modes.GradModes) -> dict[str, list[bool]]:
    """The table of differences, line by line."""
    return {mode: [mode in one.modes for one in study.differences] for mode in MODES}


def test_the_modes_leave_what_the_lecture_says(study: grad_modes.GradModes) -> None:
    rows = [(row.mode, row.operations, row.recorded, row.usable_later) for row in study.rows]
    assert rows == [("default", 7, True, True), ("no-grad", 0, False, True), ("inference", 0, False, False)]
    assert [bool(row.reason) for row in study.rows] == [False, False, True]
    assert "made in inference mode" in study.rows[2].reason


@needs_lecture
def test_the_differences_are_the_lecture_s_table(study: grad_modes.GradModes) -> None:
    lines = [line.split("\t") for line in LECTURE.read_text().splitlines()]
    table = {cells[0]: [cell == "✓" for cell in cells[1:4]] for cells in lines if cells[0] in MODES and len(cells) > 4}
    assert list(table) == MODES
    assert answers(study) == table


@needs_torch
def test_the_differences_are_those_of_pytorch(study: grad_modes.GradModes) -> None:
    T = theirs()

    def versioned(y: Any) -> bool:
        try:
            return y.add_(1)._version == 1
        except RuntimeError:
            return False

    def usable(y: Any) -> bool:
        try:
            return (y * T.ones(3, requires_grad=True)).requires_grad
        except RuntimeError:
            return False

    found = {}
    for mode, switch in zip(MODES, (T.enable_grad, T.no_grad, T.inference_mode), strict=True):
        with switch():
            y, z = (T.ones(3, requires_grad=True) * 2 for _ in range(2))
            found[mode] = [y.grad_fn is None, not versioned(z)]
        found[mode].append(usable(y))
    assert answers(study) == found


def test_recording_keeps_what_each_layer_passes_on(study: grad_modes.GradModes) -> None:
    assert study.layer_bytes == 4 * 64 * 512
    layers = [row.peak_bytes / study.layer_bytes for row in study.rows]
    assert layers == pytest.approx([4, 2, 2], rel=0.02)  # the positive part of each layer or of one, and one product


def test_every_turn_is_timed(study: grad_modes.GradModes) -> None:
    assert study.turns in range(3, 52, 3)
    for row in study.rows:
        low, high = row.middle_half
        assert len(row.times) == study.turns
        assert 0 < low <= row.seconds <= high
    assert study.rows[0].ratio_to_default == 1.0


def test_answers_are_found_and_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(grad_modes.MODES, "default", ours.inference_mode)
    monkeypatch.setitem(grad_modes.MODES, "inference", ours.enable_grad)
    swapped = dc.modes()
    assert [(row.recorded, row.usable_later) for row in swapped.rows] == [(False, False), (False, True), (True, True)]
    assert answers(swapped)["default"] == [True, True, False]
    assert answers(swapped)["inference"] == [False, False, True]


def test_the_caller_s_mode_and_seed_are_left_alone() -> None:
    ours.manual_seed(1)
    expected = ours.randn(3)
    ours.manual_seed(1)
    with ours.inference_mode():
        assert dc.modes().rows[0].recorded
        assert ours.is_inference_mode_enabled()
    assert ours.is_grad_enabled()
    assert ours.equal(ours.randn(3), expected)


def test_the_network_is_the_lecture_s() -> None:
    assert grad_modes.SIZES["lecture"] == (256, 4096, 8192)
    shapes = [tuple(p.shape) for p in grad_modes.net3(np.random.default_rng(0), 3, 5).parameters()]
    assert shapes == [(3, 5), (5, 5), (5, 5), (5, 1)]


@pytest.mark.parametrize("size", ["large", "", None, ["small"]])
def test_another_size_is_refused(size: Any) -> None:
    with pytest.raises(DiffCompareError, match="write small or lecture"):
        dc.modes(size)


def test_no_room_for_the_network_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(grad_modes, "net3", full)
    with pytest.raises(DiffCompareError, match="no room in memory"):
        dc.modes("lecture")
