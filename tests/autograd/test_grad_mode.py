"""Grad modes: the lecture's table of differences line by line, and the modes themselves beside PyTorch's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

import diffcompare.autograd as torch
from tests.autograd.libraries import needs_torch, ours, theirs

MODES: dict[str, Any] = {"default": nullcontext, "no-grad": torch.no_grad, "inference": torch.inference_mode}


def computed_in(mode: AbstractContextManager[Any]) -> tuple[Any, Any]:
    """A parameter, and what a module computed with it in the mode."""
    layer = torch.nn.Linear(3, 2)
    with mode:
        return layer.weight, layer(torch.ones(3))


@pytest.mark.parametrize(("name", "recorded"), [("default", True), ("no-grad", False), ("inference", False)])
def test_what_is_recorded(name: str, recorded: bool) -> None:
    _, result = computed_in(MODES[name]())
    assert result.requires_grad is recorded
    assert (result.grad_fn is not None) is recorded


@pytest.mark.parametrize(("name", "versioned"), [("default", True), ("no-grad", True), ("inference", False)])
def test_what_is_kept_for_recording_later(name: str, versioned: bool) -> None:
    _, result = computed_in(MODES[name]())
    assert result.is_inference() is not versioned
    if versioned:
        assert result._version == 0
    else:
        with pytest.raises(RuntimeError, match="no version"):
            _ = result._version


@pytest.mark.parametrize(("name", "usable"), [("default", True), ("no-grad", True), ("inference", False)])
def test_what_may_be_used_in_recorded_operations_later(name: str, usable: bool) -> None:
    _, result = computed_in(MODES[name]())
    w = torch.ones(2, requires_grad=True)
    if usable:
        (w * result).sum().backward()
        assert torch.equal(w.grad, result.detach())
    else:
        with pytest.raises(RuntimeError, match="inference mode"):
            _ = w * result
        (w * result.clone()).sum().backward()
        assert w.grad is not None


def test_requires_grad_has_an_effect_in_the_default_mode_only() -> None:
    w = torch.ones(2, requires_grad=True)
    for mode, effect in ((nullcontext, True), (torch.no_grad, False), (torch.inference_mode, False)):
        with mode():
            assert (w * 2).requires_grad is effect
            assert w.requires_grad


def test_parameters_require_a_gradient_in_every_mode() -> None:
    for mode in MODES.values():
        with mode():
            assert torch.nn.Parameter(torch.ones(2)).requires_grad


def report(T: Any) -> list[Any]:
    """What the modes say about themselves on a walk through them."""
    said: list[Any] = []

    def say() -> None:
        said.append(
            (T.is_grad_enabled(), T.is_inference_mode_enabled(), (T.ones(1, requires_grad=True) * 2).requires_grad)
        )

    say()
    with T.no_grad():
        say()
        with T.enable_grad():
            say()
            with T.inference_mode():
                say()
                with T.enable_grad():
                    say()
                with T.inference_mode(False):
                    say()
            say()
        say()
        T.set_grad_enabled(True)
        say()
    say()
    T.set_grad_enabled(False)
    say()
    with T.set_grad_enabled(True):
        say()
    say()
    T.set_grad_enabled(True)
    for decorator in (
        T.no_grad,
        T.no_grad(),
        T.enable_grad(),
        T.inference_mode,
        T.inference_mode(),
        T.set_grad_enabled(False),
    ):
        decorator(say)()
        say()
    return said


@needs_torch
def test_modes_nest_and_decorate_as_in_pytorch() -> None:
    assert report(ours) == report(theirs())


@needs_torch
def test_inference_tensors_are_those_of_pytorch() -> None:
    found = []
    for T in (ours, theirs()):
        normal, w = T.ones(3), T.ones(3, requires_grad=True)
        with T.inference_mode():
            made = T.ones(3)
            several = [made, normal[0:2], normal * 2, w.detach(), w[0], made.view(3)]
            normal.add_(1)
        later = [made * 2, made[0:1], made.view(3), made.clone(), made.detach()]
        found.append([t.is_inference() for t in (*several, *later)] + [normal._version, (w + made).requires_grad])
    assert found[0] == found[1]


def test_a_mode_ends_with_an_error_inside_it() -> None:
    with pytest.raises(ZeroDivisionError), torch.no_grad():
        _ = 1 / 0
    assert torch.is_grad_enabled()


def test_a_generator_has_its_mode_between_its_own_steps_only() -> None:
    @torch.no_grad()
    def steps() -> Iterator[bool]:
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    for inside in steps():
        assert not inside
        assert torch.is_grad_enabled()


def test_what_is_thrown_into_a_generator_reaches_it_in_its_mode() -> None:
    said: list[Any] = []

    @torch.no_grad()
    def steps() -> Iterator[str]:
        try:
            while True:
                try:
                    said.append((yield "waiting"))
                except KeyError as error:
                    said.append((str(error), torch.is_grad_enabled()))
                    yield "caught"
        finally:
            said.append(("closed", torch.is_grad_enabled()))

    running: Any = steps()
    assert [next(running), running.throw(KeyError("a")), next(running), running.send("sent")] == [
        "waiting", "caught", "waiting", "waiting",
    ]  # fmt: skip
    running.close()
    assert said == [("'a'", False), "sent", ("closed", False)]
    assert torch.is_grad_enabled()
    with pytest.raises(StopIteration):
        next(running)


def test_what_a_generator_does_not_catch_comes_out_of_it() -> None:
    running: Any = torch.no_grad()(lambda: (yield))()
    next(running)
    with pytest.raises(ValueError, match="thrown"):
        running.throw(ValueError("thrown"))


def test_modes_belong_to_their_thread() -> None:
    seen: list[bool] = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]
