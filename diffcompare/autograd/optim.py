"""Optimisers: they change parameters by their gradients, in place and unrecorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorTypeError, TensorValueError
from diffcompare.autograd.grad_mode import enable_grad, no_grad
from diffcompare.autograd.nn.state import forget
from diffcompare.autograd.tensors import Tensor

Array = np.ndarray[Any, Any]


class Optimizer:
    """Parameters in groups with a rule to change them by; a group may have its own settings.

    `param_groups` is a list of dictionaries: the parameters under "params", and the settings by name.
    """

    def __init__(self, params: Iterable[Any], settings: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TensorTypeError("an optimiser takes a list of parameters, such as model.parameters()")
        given = list(params)
        if not given:
            raise TensorValueError("an optimiser without parameters: the list is empty, or was used up before")
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self.defaults = settings
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Take in further parameters: a dictionary with "params" and settings of its own."""
        found = group["params"]
        params = [found] if isinstance(found, Tensor) else list(found)
        known = {id(p) for g in self.param_groups for p in g["params"]}
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise TensorTypeError(f"an optimiser changes tensors, not {type(parameter).__name__}")
            if not parameter.is_leaf:
                raise TensorValueError("an optimiser changes leaves; this tensor was computed")
            if id(parameter) in known:
                raise TensorValueError("a parameter is in two groups")
        merged = self.defaults | group | {"params": params}
        self._checked(merged)
        self.param_groups.append(merged)

    def _checked(self, settings: dict[str, Any]) -> None:
        for name in ("lr", "momentum", "weight_decay", "eps"):
            if settings.get(name, 0) < 0:
                raise TensorValueError(f"{name}={settings[name]} is negative")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zero."""
        for group in self.param_groups:
            for parameter in group["params"]:
                forget(parameter, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; the closure computes the loss anew before, and is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        slope = parameter.grad.value
                        if group["weight_decay"]:
                            slope = slope + group["weight_decay"] * parameter.value
                        parameter.sub_(self._change(slope, self.state.setdefault(parameter, {}), group))
        return loss

    def _change(self, slope: Array, state: dict[str, Any], group: dict[str, Any]) -> Array:
        """What is taken off a parameter."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """The settings and what the rule remembers, by the number of the parameter."""
        numbers = {id(p): i for i, p in enumerate(p for g in self.param_groups for p in g["params"])}
        return {
            "state": {numbers[id(p)]: dict(memory) for p, memory in self.state.items()},
            "param_groups": [g | {"params": [numbers[id(p)] for p in g["params"]]} for g in self.param_groups],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the settings and the memory of another optimiser of as many parameters."""
        params = [p for g in self.param_groups for p in g["params"]]
        if [len(g["params"]) for g in state["param_groups"]] != [len(g["params"]) for g in self.param_groups]:
            raise TensorValueError("the state is of an optimiser with other groups of parameters")
        for own, other in zip(self.param_groups, state["param_groups"], strict=True):
            own.update({name: value for name, value in other.items() if name != "params"})
        self.state = {params[i]: dict(memory) for i, memory in state["state"].items()}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


class SGD(Optimizer):
    """Gradient descent: p - lr (momentum b + grad), with Nesterov's look ahead where asked for.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.

    >>> import diffcompare.autograd as torch
    >>> p = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (p * p).sum().backward()
    >>> SGD([p], lr=0.25).step()
    >>> p.detach()
    tensor([0.5000, 1.0000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            },
        )

    def _checked(self, settings: dict[str, Any]) -> None:
        super()._checked(settings)
        if settings["nesterov"] and (settings["momentum"] <= 0 or settings["dampening"]):
            raise TensorValueError("nesterov looks along the momentum: it takes momentum > 0 and dampening = 0")

    def _change(self, slope: Array, state: dict[str, Any], group: dict[str, Any]) -> Array:
        momentum = group["momentum"]
        if momentum:
            before = state.get("momentum_buffer")
            state["momentum_buffer"] = slope if before is None else momentum * before + (1 - group["dampening"]) * slope
            slope = slope + momentum * state["momentum_buffer"] if group["nesterov"] else state["momentum_buffer"]
        return np.asarray(group["lr"] * slope)


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    Source: D. P. Kingma & J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, Algorithm 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def _checked(self, settings: dict[str, Any]) -> None:
        super()._checked(settings)
        if not all(0 <= beta < 1 for beta in settings["betas"]):
            raise TensorValueError(f"betas={settings['betas']}: both are at least 0 and less than 1")

    def _change(self, slope: Array, state: dict[str, Any], group: dict[str, Any]) -> Array:
        first, second = group["betas"]
        step = state["step"] = state.get("step", 0) + 1
        state["exp_avg"] = first * state.get("exp_avg", 0.0) + (1 - first) * slope
        state["exp_avg_sq"] = second * state.get("exp_avg_sq", 0.0) + (1 - second) * slope * slope
        spread = np.sqrt(state["exp_avg_sq"]) / np.sqrt(1 - second**step) + group["eps"]
        change: Array = (group["lr"] / (1 - first**step)) * (state["exp_avg"] / spread)
        return change
