"""Which tensors have a gradient after backward: PyTorch says the same of the same network."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from diffcompare.studies.kept_gradients import SIZES, Run, kept_gradients
from tests.autograd.libraries import needs_torch, theirs


def of_pytorch(frozen: bool) -> dict[str, tuple[bool, bool, bool]]:
    """For each tensor: whether it is a leaf, requires a gradient, and has one."""
    torch = theirs()
    w0, w1 = (torch.nn.Parameter(torch.ones(SIZES[k : k + 2])) for k in range(2))
    w1.requires_grad_(not frozen)
    x = torch.ones(SIZES[0], requires_grad=True)
    hidden = torch.relu(x @ w0)
    z = hidden @ w1
    z.retain_grad()
    z.backward()
    named: dict[str, Any] = {"x": x, "layer0.weight": w0, "layer1.weight": w1, "hidden": hidden, "z": z}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: (t.is_leaf, t.requires_grad, t.grad is not None) for name, t in named.items()}


@needs_torch
@pytest.mark.parametrize("frozen", [False, True])
def test_the_same_tensors_have_a_gradient_as_in_pytorch(frozen: bool) -> None:
    study = kept_gradients()
    run: Run = study.frozen if frozen else study.learning
    assert {t.name: (t.leaf, t.requires_grad, t.grad) for t in run.tensors} == of_pytorch(frozen)


def test_a_second_backward_adds_and_the_frozen_weights_are_greyed() -> None:
    study = kept_gradients()
    assert study.learning.again == study.frozen.again == 2.0
    assert [box.title for box in study.frozen.diagram.boxes if box.frozen] == ["layer1.weight"]
    assert not any(box.frozen for box in study.learning.diagram.boxes)
    assert study.to_dict()["frozen"]["tensors"][2] == {
        "name": "layer1.weight", "shape": [3, 1], "leaf": True, "requires_grad": False, "grad_fn": "",
        "retained": False, "grad": False,
    }  # fmt: skip
