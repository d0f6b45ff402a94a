"""Hooks of a module: functions that see what goes into it and comes out of it, forward and backward.

For the way back, the arguments and the results that carry a gradient pass through a view each.  A sweep goes from the
last node to the first, so when it comes to the first view of a group, the adjoints of the whole group are complete.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompare.autograd.errors import TensorError
from diffcompare.autograd.grad_mode import MODE
from diffcompare.autograd.graph import Adjoints, Node
from diffcompare.autograd.sweep import checked
from diffcompare.autograd.tables import named
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.expression.primitives.structural import reshape

if TYPE_CHECKING:
    from diffcompare.autograd.nn.module import Module


class Hooks:
    """The hooks of one module, by occasion."""

    __slots__ = ("after", "backward", "backward_before", "before")

    def __init__(self) -> None:
        self.before: dict[int, Callable[..., Any]] = {}  # (module, arguments, options) -> both again
        self.after: dict[int, Callable[..., Any]] = {}  # (module, arguments, options, result) -> result or None
        self.backward_before: dict[int, Callable[..., Any]] = {}
        self.backward: dict[int, Callable[..., Any]] = {}

    def empty(self) -> bool:
        """Whether there is nothing to call."""
        return not (self.before or self.after or self.backward or self.backward_before)

    def call(self, module: Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """`forward` of the module between the hooks."""
        for hook in list(self.before.values()):
            arguments, options = hook(module, arguments, options)
        watch = Watch(module, self) if self.backward or self.backward_before else None
        if watch is not None:
            arguments = watch.through(arguments, watch.inputs, watch.at_inputs)
        result = module.forward(*arguments, **options)
        for hook in list(self.after.values()):
            given = hook(module, arguments, options, result)
            result = result if given is None else given
        if watch is None:
            return result
        outputs = watch.through(result if isinstance(result, tuple) else (result,), watch.outputs, watch.at_outputs)
        return outputs if isinstance(result, tuple) else outputs[0]


def before(hook: Callable[..., Any], with_kwargs: bool) -> Callable[..., Any]:
    """A hook on the arguments in the one form that is called: with the named arguments, giving both back."""

    def called(module: Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        given = hook(module, arguments, options) if with_kwargs else hook(module, arguments)
        if given is None:
            return arguments, options
        return given if with_kwargs else (given if isinstance(given, tuple) else (given,), options)

    return called


def after(hook: Callable[..., Any], with_kwargs: bool) -> Callable[..., Any]:
    """A hook on the result in the one form that is called: with the named arguments."""
    return hook if with_kwargs else lambda module, arguments, options, result: hook(module, arguments, result)


class Watch:
    """The backward hooks of one call of a module."""

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.inputs: list[Callable[[], Node | None]] = []  # weak references, lest nodes refer to themselves
        self.outputs: list[Callable[[], Node | None]] = []
        self.grad_output: tuple[Any, ...] = ()
        self._noted: dict[str, Callable[[], Any]] = {}

    def through(self, values: tuple[Any, ...], nodes: list[Any], gate: Callable[[Adjoints], None]) -> tuple[Any, ...]:
        """The values, those with a gradient as views whose nodes call the gate."""
        passed = []
        for value in values:
            node = None
            if isinstance(value, Tensor):
                value = named(reshape(value.value.shape)(value), "BackwardHookFunctionBackward")
                node = value.grad_fn
            if node is not None:
                node.gate = gate
            nodes.append(_nothing if node is None else weakref.ref(node))
            passed.append(value)
        return tuple(passed)

    def _first_time(self, group: str, adjoints: Adjoints) -> bool:
        """Whether this sweep comes to the group for the first time."""
        seen = self._noted.get(group, _nothing)() is adjoints
        self._noted[group] = weakref.ref(adjoints)
        return not seen

    def at_outputs(self, adjoints: Adjoints) -> None:
        """The adjoints of the results are complete."""
        if not self._first_time("outputs", adjoints):
            return
        self.grad_output = _taken(self.outputs, adjoints)
        for hook in list(self.hooks.backward_before.values()):
            given = hook(self.module, self.grad_output)
            if given is not None:
                self.grad_output = _put(given, self.outputs, adjoints)
        if not any(node() for node in self.inputs):
            self._call((None,) * len(self.inputs))

    def at_inputs(self, adjoints: Adjoints) -> None:
        """The adjoints of the arguments are complete."""
        if self._first_time("inputs", adjoints):
            changed = self._call(_taken(self.inputs, adjoints))
            if changed is not None:
                _put(changed, self.inputs, adjoints)

    def _call(self, grad_input: tuple[Any, ...]) -> Any:
        changed = None
        for hook in list(self.hooks.backward.values()):
            given = hook(self.module, grad_input, self.grad_output)
            if given is not None:
                changed = grad_input = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        return changed


def _nothing() -> None:
    """Where there is no node."""


def _taken(nodes: list[Callable[[], Node | None]], adjoints: Adjoints) -> tuple[Any, ...]:
    """The adjoints of nodes as tensors; None where there is none."""
    found = []
    for node in map(_called, nodes):
        v_bar = None if node is None else adjoints.get(node)
        if node is not None and v_bar is not None and not isinstance(v_bar, Tensor):
            v_bar = fresh(np.asarray(v_bar, node.dtype))
        found.append(v_bar)
    return tuple(found)


def _put(given: Any, nodes: list[Callable[[], Node | None]], adjoints: Adjoints) -> tuple[Any, ...]:
    grads = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if len(grads) != len(nodes):
        raise TensorError(f"a backward hook gave {len(grads)} adjoints where {len(nodes)} are passed on")
    for node, grad in zip(map(_called, nodes), grads, strict=True):
        if node is not None:
            found = None if grad is None else checked(grad, node)
            adjoints[node] = found if MODE.grad or found is None else found.value
    return grads


def _called(node: Callable[[], Node | None]) -> Node | None:
    return node()
