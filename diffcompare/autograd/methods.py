"""The methods and operators of tensors: the functions of this package, by PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.autograd import backward, conversions, pointwise, random, reductions, shaping
from diffcompare.autograd.creation import zeros
from diffcompare.autograd.in_place import assign, detach_, update
from diffcompare.autograd.tables import POINTWISE, named, numpy_spelled, on_arrays
from diffcompare.autograd.tensors import Tensor
from diffcompare.autograd.types import CPU, NUMBERS
from diffcompare.expression.array_functions import FUNCTIONS
from diffcompare.expression.numpy_protocol import PRIMITIVE_OF, name_of
from diffcompare.expression.primitives import PRIMITIVES

OPERAND = (Tensor, np.ndarray, np.generic, *NUMBERS)


def _operator(function: Callable[..., Any], reflected: bool = False) -> Callable[..., Any]:
    """A binary operator; what is neither tensor nor array nor number is left to the other operand."""

    def forward(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERAND):
            return NotImplemented
        return function(other, self) if reflected else function(self, other)

    return forward


def _in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that leaves its result in the tensor."""

    def method(self: Tensor, *arguments: Any, **options: Any) -> Tensor:
        return update(self, lambda x: function(x, *arguments, **options))

    return method


def _backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the adjoints of the leaves to their `grad`, for the adjoint `gradient` of this tensor, as `backward` does."""
    backward.backward(self, gradient, retain_graph, create_graph, inputs)


FUNCTIONS_OF_TENSORS: dict[str, Callable[..., Any]] = {
    **POINTWISE,
    **pointwise.UNSMOOTH,
    **{name: getattr(pointwise, name) for name in (
        "add", "sub", "square", "reciprocal", "rsqrt", "clamp", "masked_fill", "equal", "allclose",
        "floor_divide", "remainder",
    )},
    **{name: numpy_spelled(getattr(reductions, name)) for name in (
        "sum", "mean", "var", "std", "prod", "amax", "amin", "max", "min", "argmax", "argmin", "all", "any", "cumsum",
        "gather", "logsumexp", "softmax", "log_softmax", "norm",
    )},
    **{name: numpy_spelled(getattr(shaping, name)) for name in (
        "squeeze", "unsqueeze", "split", "chunk", "narrow", "unbind", "index_select",
    )},
    **{name: getattr(shaping, name) for name in (
        "clone", "reshape", "flatten", "transpose", "t", "permute", "movedim", "broadcast_to", "masked_select",
        "matmul",
    )},
    "subtract": pointwise.sub, "clip": pointwise.clamp, "swapaxes": shaping.transpose, "ravel": shaping.flatten,
    "mm": shaping.matmul, "mv": shaping.matmul, "bmm": shaping.matmul, "dot": shaping.matmul,
}  # fmt: skip

METHODS: dict[str, Callable[..., Any]] = {
    **FUNCTIONS_OF_TENSORS,
    **{name: getattr(conversions, name) for name in ("item", "tolist", "numpy", "to")},
    **{name: getattr(shaping, name) for name in ("view", "expand")},
    **{f"{name}_": _in_place(FUNCTIONS_OF_TENSORS[name]) for name in (
        "add", "sub", "mul", "div", "pow", "neg", "abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu",
        "square", "reciprocal", "clamp", "masked_fill",
    )},
    "backward": _backward,
    "detach_": detach_,
    "is_inference": lambda self: self._versions is None,
    "where": lambda self, condition, other: pointwise.where(condition, self, other),
    "type": conversions.kind_of,
    "type_as": lambda self, other: conversions.to(self, other.dtype),
    "view_as": lambda self, other: shaping.view(self, other.shape),
    "reshape_as": lambda self, other: shaping.reshape(self, other.shape),
    "expand_as": lambda self, other: shaping.expand(self, *other.shape),
    "contiguous": lambda self: self if self.value.flags.c_contiguous else shaping.clone(self),
    "is_contiguous": lambda self: self.value.flags.c_contiguous,
    "cpu": lambda self: self,
    "size": lambda self, dim=None: self.shape if dim is None else self.shape[dim],
    "dim": lambda self: self.ndim,
    "numel": lambda self: self.value.size,
    "nelement": lambda self: self.value.size,
    "element_size": lambda self: self.value.itemsize,
    "is_floating_point": lambda self: self.dtype.is_floating_point,
    "new_zeros": lambda self, *size, **options: zeros(*size, **{"dtype": self.dtype, **options}),
    "zero_": lambda self: assign(self, ..., 0),
    "fill_": lambda self, value: assign(self, ..., value),
    "copy_": lambda self, source: assign(self, ..., source),
    "uniform_": lambda self, low=0.0, high=1.0: assign(
        self, ..., random.uniform(self.value.shape, low, high, self.value.dtype)
    ),
    "normal_": lambda self, mean=0.0, std=1.0: assign(
        self, ..., random.normal(self.value.shape, mean, std, self.value.dtype)
    ),
    **{name: (lambda self, kind=kind: conversions.to(self, kind)) for name, kind in {
        "float": np.float32, "double": np.float64, "half": np.float16, "long": np.int64, "int": np.int32, "bool": bool,
    }.items()},
}  # fmt: skip

_arithmetic = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power"}
_right: dict[str, Callable[..., Any]] = {
    **{name: PRIMITIVES[primitive] for name, primitive in _arithmetic.items()},
    **{name: pointwise.UNSMOOTH[f"bitwise_{name}"] for name in ("and", "or", "xor")},
    "floordiv": pointwise.floor_divide,
    "mod": pointwise.remainder,
    "matmul": shaping.matmul,
}
OPERATORS: dict[str, Callable[..., Any]] = {
    **{f"__{name}__": _operator(function) for name, function in _right.items()},
    **{f"__r{name}__": _operator(function, reflected=True) for name, function in _right.items()},
    **{f"__i{name}__": _in_place(PRIMITIVES[primitive]) for name, primitive in _arithmetic.items()},
    **{f"__{name}__": _operator(FUNCTIONS_OF_TENSORS[name]) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "__rsub__": _operator(lambda x, y: named(POINTWISE["sub"](x, y), "RsubBackward1"), reflected=True),
    "__hash__": object.__hash__,
    "__neg__": POINTWISE["neg"],
    "__pos__": lambda self: self,
    "__abs__": POINTWISE["abs"],
    "__invert__": pointwise.UNSMOOTH["bitwise_not"],
    "__getitem__": shaping.indexed,
    "__setitem__": assign,
    "__len__": conversions.length,
    "__iter__": conversions.rows,
    "__contains__": conversions.contains,
    "__bool__": conversions.as_bool,
    "__index__": conversions.as_index,
    **conversions.TO_NUMBER,
    "__format__": conversions.formatted,
    "__array__": conversions.as_array,
    "__deepcopy__": conversions.deep_copy,
    "__reduce_ex__": conversions.reduced,
}


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    """NumPy's ufuncs on tensors are recorded as the primitives that they are; in-place and reducing ones are not."""
    function = FUNCTIONS.get(ufunc.__name__) or PRIMITIVE_OF.get(ufunc.__name__)
    return NotImplemented if method != "__call__" or options or function is None else function(*inputs)


def array_function(self: Tensor, function: Any, types: Any, arguments: Any, options: Any) -> Any:
    """NumPy's functions on tensors, by the table of arrays."""
    name = name_of(function)
    return FUNCTIONS[name](*arguments, **options) if name in FUNCTIONS else NotImplemented


PROPERTIES: dict[str, Callable[..., Any]] = {
    "T": lambda self: on_arrays("transpose", "PermuteBackward0", self),
    "mT": lambda self: shaping.transpose(self, -2, -1),
    "device": lambda self: CPU,
    "retains_grad": lambda self: self._retains,
    "itemsize": lambda self: self.value.itemsize,
    "nbytes": lambda self: self.value.nbytes,
}

for _name, _method in {
    **METHODS, **OPERATORS, "__array_ufunc__": array_ufunc, "__array_function__": array_function,
    **{name: property(function) for name, function in PROPERTIES.items()},
}.items():  # fmt: skip
    setattr(Tensor, _name, _method)
