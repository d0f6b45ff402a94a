"""Grad modes: whether operations are recorded, and whether what they compute may be recorded later.

| mode      | records | tensors made in it                               |
| --------- | ------- | ------------------------------------------------ |
| default   | yes     | may be used anywhere                             |
| no-grad   | no      | may be used anywhere                             |
| inference | no      | have no version, so they can never be recorded   |

Each is a context manager and a decorator; the modes of a thread are its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any


class Mode(threading.local):
    """The mode of this thread."""

    grad = True
    inference = False
    records = True  # grad and not inference: what every operation asks


MODE = Mode()


def _enter(grad: bool, inference: bool) -> None:
    MODE.grad, MODE.inference, MODE.records = grad, inference, grad and not inference


class _Switch:
    """A mode as a context manager and a decorator; the mode before it comes back at the end."""

    def __init__(self, grad: bool | None = None, inference: bool | None = None) -> None:
        self._wanted = grad, inference
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        grad, inference = self._wanted
        self._before.append((MODE.grad, MODE.inference))
        _enter(MODE.grad if grad is None else grad, MODE.inference if inference is None else inference)

    def __exit__(self, *_: object) -> None:
        _enter(*self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        grad, inference = self._wanted
        if isgeneratorfunction(function):
            return _stepwise(function, grad, inference)

        @wraps(function)
        def in_mode(*arguments: Any, **options: Any) -> Any:
            with _Switch(grad, inference):
                return function(*arguments, **options)

        return in_mode


def _stepwise(function: Callable[..., Any], grad: bool | None, inference: bool | None) -> Callable[..., Any]:
    """A generator whose steps run in the mode, while the code between them does not."""

    @wraps(function)
    def in_mode(*arguments: Any, **options: Any) -> Generator[Any, Any, Any]:
        steps = function(*arguments, **options)
        step, sent = steps.send, None
        while True:
            with _Switch(grad, inference):
                try:
                    item = step(sent)
                except StopIteration as end:
                    return end.value
            try:
                step, sent = steps.send, (yield item)
            except BaseException as error:  # thrown in, or GeneratorExit where it is closed: the generator's to handle
                step, sent = steps.throw, error

    return in_mode


class _Bare(_Switch):
    """A switch that decorates without parentheses too: `@no_grad`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_Bare):
    """Nothing is recorded; what is computed may be used in recorded operations later.

    >>> import diffcompare.autograd as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     z = w * 2
    >>> z.requires_grad, (z * w).requires_grad
    (False, True)
    """

    def __init__(self, function: Any = None) -> None:
        super().__init__(grad=False)


class enable_grad(_Bare):
    """Recording again, inside no-grad; inside inference mode it changes nothing."""

    def __init__(self, function: Any = None) -> None:
        super().__init__(grad=True)


class inference_mode(_Switch):
    """Nothing is recorded, and nothing is kept that recording later would need: doing so raises `TensorError`.

    >>> import diffcompare.autograd as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.inference_mode():
    ...     z = w * 2
    >>> z.is_inference(), (z + w).requires_grad
    (True, True)

    A rule that would need z for its derivative, as that of z * w, raises `TensorError`.
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool | Callable[..., Any] = True) -> None:
        super().__init__(grad=not mode, inference=bool(mode))


class set_grad_enabled(_Switch):
    """Recording on or off, at once; as a context manager, back again at its end."""

    def __init__(self, mode: bool) -> None:
        super().__init__(grad=mode)
        self._before.append((MODE.grad, MODE.inference))
        _enter(mode, MODE.inference)

    def __enter__(self) -> None:
        _enter(bool(self._wanted[0]), MODE.inference)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        _enter(*self._before.pop())  # as a decorator it holds inside the function only
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether grad mode is on; inference mode records nothing all the same."""
    return MODE.grad


def is_inference_mode_enabled() -> bool:
    """Whether tensors made now are inference tensors."""
    return MODE.inference
