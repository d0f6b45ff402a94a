"""The state of a module: its parameters and persistent buffers by path, out of it and into it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from diffcompare.autograd.errors import TensorError, TensorTypeError
from diffcompare.autograd.grad_mode import no_grad
from diffcompare.autograd.in_place import assign
from diffcompare.autograd.tensors import Tensor

if TYPE_CHECKING:
    from diffcompare.autograd.nn.module import Module


def state_dict(self: Module, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
    """Parameters and persistent buffers by path; they share their memory with the module.

    >>> from diffcompare.autograd import nn
    >>> list(nn.Sequential(nn.Linear(4, 3)).state_dict())
    ['0.weight', '0.bias']
    """
    return {path: tensor if keep_vars else tensor.detach() for path, tensor in _state(self, prefix).items()}


def _state(module: Module, prefix: str) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for kind in ("_parameters", "_buffers"):
        for name, tensor in module.__dict__[kind].items():
            if tensor is not None and name not in module.__dict__["_transient"]:
                found[prefix + name] = tensor
    for name, inner in module._modules.items():
        if inner is not None:
            found |= _state(inner, f"{prefix}{name}.")
    return found


class Keys(NamedTuple):
    """Which paths the loaded state lacked, and which it had too many."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load_state_dict(self: Module, state: Mapping[str, Any], strict: bool = True) -> Keys:
    """Copy a state into the module; `TensorError` for shapes that differ and, where `strict`, for paths that do.

    Nothing is copied where it raises.
    """
    if not isinstance(state, Mapping):
        raise TensorTypeError(f"a state is a dictionary of tensors by path, not {type(state).__name__}")
    own = _state(self, "")
    keys = Keys([path for path in own if path not in state], [path for path in state if path not in own])
    faults = [f"{path} is missing" for path in keys.missing_keys] if strict else []
    faults += [f"{path} is not in the module" for path in keys.unexpected_keys] if strict else []
    for path in own.keys() & state.keys():
        if not isinstance(state[path], Tensor):
            faults.append(f"{path} is no tensor but {type(state[path]).__name__}")
            continue
        found, wanted = tuple(state[path].shape), tuple(own[path].shape)
        if found != wanted:
            faults.append(f"{path} has shape {found} in the state and {wanted} in the module")
    if faults:
        raise TensorError(f"the state does not fit {type(self).__name__}: {'; '.join(sorted(faults))}")
    with no_grad():
        for path in own.keys() & state.keys():
            assign(own[path], ..., state[path])
    return keys


def forget(tensor: Tensor, set_to_none: bool) -> None:
    """Forget the gradient of a leaf, or set it to zero."""
    if set_to_none:
        tensor.grad = None
    elif tensor.grad is not None:
        tensor.grad = tensor.grad.detach()
        assign(tensor.grad, ..., 0)


def changed(registered: dict[str, Any], name: str, data: Tensor) -> None:
    """Put other data into a registered tensor: a parameter stays the same object."""
    from diffcompare.autograd.nn.parameter import Parameter

    tensor = registered[name]
    if not isinstance(tensor, Parameter):
        registered[name] = data
        return
    tensor.data = data
    if tensor.grad is not None:
        grad, tensor.grad = tensor.grad, None
        tensor.grad = grad.detach().to(data.dtype)
