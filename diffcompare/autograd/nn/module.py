"""Module: the base class of everything that holds parameters and computes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

from diffcompare.autograd.conversions import to
from diffcompare.autograd.errors import NoForwardError, TensorAttributeError, TensorKeyError, TensorTypeError
from diffcompare.autograd.graph import Handle
from diffcompare.autograd.nn import hooks, state
from diffcompare.autograd.nn.parameter import Parameter
from diffcompare.autograd.tensors import Tensor
from diffcompare.autograd.types import as_dtype, device

KINDS = ("_parameters", "_buffers", "_modules")  # where attributes of these kinds are registered


class Module:
    """Base class of modules: attributes that are parameters or modules are registered under their names.

    A module computes in its `forward`; calling it runs `forward` and the hooks.

    >>> from diffcompare.autograd import nn
    >>> nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]

    def __init__(self) -> None:
        self.__dict__.update(
            training=True, _parameters={}, _buffers={}, _modules={}, _transient=set(), _hooks=hooks.Hooks()
        )

    def forward(self, *arguments: Any, **options: Any) -> Any:
        """What the module computes."""
        raise NoForwardError(f"{type(self).__name__} has no forward; define forward(self, x)")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        own: hooks.Hooks = self.__dict__["_hooks"]
        return self.forward(*arguments, **options) if own.empty() else own.call(self, arguments, options)

    # Attributes, registered by kind.

    def __setattr__(self, name: str, value: Any) -> None:
        registered = _kind_of(value)
        if registered is not None and "_modules" not in self.__dict__:
            raise TensorAttributeError(f"call super().__init__() before {name} is assigned")
        if registered is None:
            registered = next((kind for kind in KINDS if name in self.__dict__.get(kind, ())), None)
            if registered is None:
                object.__setattr__(self, name, value)
                return
            if value is not None and not (registered == "_buffers" and isinstance(value, Tensor)):
                raise TensorTypeError(
                    f"{name} is registered among the {registered[1:]}, and {type(value).__name__} is none of them; "
                    "assign None or delete it first"
                )
        for place in (*(self.__dict__[kind] for kind in KINDS if kind != registered), self.__dict__):
            place.pop(name, None)
        self.__dict__[registered][name] = value

    def __getattr__(self, name: str) -> Any:
        for kind in KINDS:
            registered = self.__dict__.get(kind, {})
            if name in registered:
                return registered[name]
        raise TensorAttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for kind in KINDS:
            if name in self.__dict__[kind]:
                del self.__dict__[kind][name]
                self.__dict__["_transient"].discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for kind in KINDS for name in self.__dict__.get(kind, ()))})

    def _free_name(self, name: str, kind: str) -> None:
        if "_modules" not in self.__dict__:
            raise TensorAttributeError(f"call super().__init__() before {name} is registered")
        if not isinstance(name, str):
            raise TensorTypeError(f"the name of a {kind} is a string, not {type(name).__name__}")
        if not name or "." in name:
            raise TensorKeyError(f"{name!r} cannot be the name of a {kind}: it is empty or has a dot")
        if hasattr(self, name) and not any(name in self.__dict__[k] for k in KINDS if k == f"_{kind}s"):
            raise TensorKeyError(f"{type(self).__name__} has an attribute {name!r} already")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Register a parameter; None says that there is none of that name."""
        self._free_name(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TensorTypeError(f"parameter {name} is a Parameter or None, not {type(param).__name__}")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Register a tensor that belongs to the state but is no parameter; only persistent ones are saved."""
        self._free_name(name, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TensorTypeError(f"buffer {name} is a tensor or None, not {type(tensor).__name__}")
        self._buffers[name] = tensor
        if not persistent:
            self.__dict__["_transient"].add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Register a module inside this one."""
        self._free_name(name, "module")
        if module is not None and not isinstance(module, Module):
            raise TensorTypeError(f"module {name} is a Module or None, not {type(module).__name__}")
        self._modules[name] = module

    register_module = add_module

    # Walks over the tree of modules.

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, each once, with their names."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly inside this one."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all inside it, at any depth, with their paths."""
        memo = set() if memo is None else memo
        pending: list[tuple[str, Module]] = [(prefix, self)]
        while pending:
            path, module = pending.pop()
            if remove_duplicate and module in memo:
                continue
            memo.add(module)
            yield path, module
            inside = [(f"{path}.{name}" if path else name, m) for name, m in module._modules.items() if m is not None]
            pending += reversed(inside)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, at any depth."""
        return (module for _, module in self.named_modules())

    def _named(self, kind: str, prefix: str, recurse: bool, unique: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix=prefix, remove_duplicate=unique) if recurse else [(prefix, self)]:
            for name, value in module.__dict__[kind].items():
                if value is not None and not (unique and id(value) in seen):
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and, where `recurse`, of all inside it, with their paths."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, where `recurse`, of all inside it."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module and, where `recurse`, of all inside it, with their paths."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, where `recurse`, of all inside it."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as "layers.0"."""
        module: Any = self
        for name in filter(None, target.split(".")):
            module = module._modules.get(name)
            if module is None:
                raise TensorAttributeError(f"{type(self).__name__} has no module at {target!r}: there is no {name!r}")
        found: Module = module
        return found

    # What is done to all of them.

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function on every module inside, then on this one."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and all inside it to evaluation."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `requires_grad` of every parameter: False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters, or set them to zero."""
        for parameter in self.parameters():
            state.forget(parameter, set_to_none)

    def to(self, *wanted: Any, dtype: Any = None, device: Any = None) -> Self:
        """Change the number type of the real parameters and buffers, in place."""
        for module in self.modules():
            for kind in ("_parameters", "_buffers"):
                for name, tensor in module.__dict__[kind].items():
                    if tensor is not None and tensor.dtype.is_floating_point:
                        state.changed(
                            module.__dict__[kind], name, to(tensor.detach(), *wanted, dtype=dtype, device=device)
                        )
        return self

    def float(self) -> Self:
        """As `to(torch.float32)`."""
        return self.to(as_dtype("float32"))

    def double(self) -> Self:
        """As `to(torch.float64)`."""
        return self.to(as_dtype("float64"))

    def cpu(self) -> Self:
        """The module, which is on the processor."""
        return self.to(device("cpu"))

    state_dict = state.state_dict
    load_state_dict = state.load_state_dict

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, with_kwargs: bool = False) -> Handle:
        """Call `hook(module, arguments)` before `forward`; what it returns takes the place of the arguments."""
        return Handle(self.__dict__["_hooks"].before, hooks.before(hook, with_kwargs))

    def register_forward_hook(self, hook: Callable[..., Any], *, with_kwargs: bool = False) -> Handle:
        """Call `hook(module, arguments, result)` after `forward`; what it returns takes the place of the result."""
        return Handle(self.__dict__["_hooks"].after, hooks.after(hook, with_kwargs))

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, grad_output)` when the adjoints of the results are known; it may return others."""
        return Handle(self.__dict__["_hooks"].backward_before, hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, grad_input, grad_output)` when the adjoints of the arguments are; it may return others."""
        return Handle(self.__dict__["_hooks"].backward, hook)

    # Text.

    def extra_repr(self) -> str:
        """What stands in the parentheses of a module: for a subclass to say."""
        return ""

    def __repr__(self) -> str:
        inner = [f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()]
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        if not inner and len(extra) <= 1:
            return f"{type(self).__name__}({''.join(extra)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join([*extra, *inner]) + "\n)"


def _kind_of(value: Any) -> str | None:
    return "_parameters" if isinstance(value, Parameter) else "_modules" if isinstance(value, Module) else None


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
