"""Modules in lists and dictionaries: taken out, joined, looked up, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.autograd.libraries import needs_torch, ours, theirs


def modules(T: Any) -> Any:
    return T.nn.ModuleList([T.nn.ReLU(), T.nn.Tanh(), T.nn.Sigmoid()])


def chain(T: Any) -> Any:
    return T.nn.Sequential(T.nn.ReLU(), T.nn.Tanh(), T.nn.Sigmoid())


def joined(parts: Any, others: Any) -> Any:
    before = parts
    parts += others
    assert parts is before
    return parts


STEPS: dict[str, Callable[[Any], Any]] = {
    "taken out of a list": lambda T: [(parts := modules(T)).pop(1), parts],
    "taken out at the end": lambda T: [(parts := modules(T)).pop(-1), parts],
    "taken out of a sequence": lambda T: [(parts := chain(T)).pop(0), parts],
    "lists joined": lambda T: modules(T) + [T.nn.Identity()],  # noqa: RUF005 (the operator is what is tested)
    "list grown": lambda T: joined(modules(T), [T.nn.Identity()]),
    "sequences joined": lambda T: chain(T) + chain(T),
    "sequence grown": lambda T: joined(chain(T), chain(T)),
    "parameters grown": lambda T: joined(T.nn.ParameterList([T.ones(1)]), [T.ones(2)]),
    "parameter looked up": lambda T: T.nn.ParameterDict({"a": T.ones(1)}).get("a"),
    "parameter that is not there": lambda T: T.nn.ParameterDict({"a": T.ones(1)}).get("b"),
    "parameter that is not there, with a default": lambda T: T.nn.ParameterDict().get("b", 3),
}


@needs_torch
@pytest.mark.parametrize("name", STEPS)
def test_containers_do_what_they_do_in_pytorch(name: str) -> None:
    assert repr(STEPS[name](ours)) == repr(STEPS[name](theirs()))


@needs_torch
def test_joining_leaves_both_parts_as_they_were() -> None:
    for T in (ours, theirs()):
        first, second = chain(T), chain(T)
        assert [len(first + second), len(first), len(second)] == [6, 3, 3]
        assert (first + second)[3] is second[0]
