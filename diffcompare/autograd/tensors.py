"""Tensor: an array that remembers how it was computed, define-by-run.

A primitive records on a tensor as on a traced variable: where grad mode is on and an operand requires a gradient, the
result carries the node of its operation.  Nothing else holds the graph, so it dies with the tensors.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError
from diffcompare.autograd.grad_mode import MODE, enable_grad
from diffcompare.autograd.graph import CONSTANT, AccumulateGrad, Edge, Handle, Node, Versions, View
from diffcompare.autograd.operands import broken, met
from diffcompare.autograd.types import Size, as_dtype, dtype
from diffcompare.expression.primitives import Operation, Structural, Traced
from diffcompare.expression.primitives.primitive import QUIET
from diffcompare.expression.variable import COMPARISONS


class Tensor(Traced):
    """An array with PyTorch's attributes and methods: float32 unless it says otherwise, on the processor.

    >>> import diffcompare.autograd as torch
    >>> x = torch.tensor([2.0, 5.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> y, x.grad
    (tensor(29., grad_fn=<SumBackward0>), tensor([ 4., 10.]))
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_flag", "_node", "_versions", "_view")

    _grad: Tensor | None = None
    _accumulator: weakref.ref[AccumulateGrad] | None = None
    _hooks: dict[int, Callable[[Any], Any]] | None = None
    _retains = False

    _array: np.ndarray[Any, Any]
    _flag: bool  # what requires_grad is for a leaf
    _node: Node | None
    _versions: Versions | None  # None for an inference tensor, which has no version
    _view: View | None

    def __init__(self, data: Any = ()) -> None:
        self._set(np.array(data.value if isinstance(data, Tensor) else data, dtype=np.float32))

    def _set(self, array: np.ndarray[Any, Any]) -> None:
        """Become a leaf around an array."""
        self._array, self._flag, self._node, self._view = array, False, None, None
        self._versions = None if MODE.inference else [0]

    @property
    def value(self) -> np.ndarray[Any, Any]:
        """The array of the entries, not a copy."""
        return self._array

    def record(self, primitive: Operation, arguments: tuple[Any, ...]) -> Tensor:
        """The primitive's value, with its node where an operand requires a gradient and the mode records."""
        values: list[Any] = []
        kind = None
        plain = True  # tensors of one number type and Python's real numbers, which is what most operations have
        for argument in arguments:
            if isinstance(argument, Tensor):
                array = argument._array
                plain = plain and (kind is None or array.dtype is kind)
                kind = array.dtype
                values.append(array)
            else:
                plain = plain and type(argument) in (float, int)
                values.append(argument)
        if not plain or not (isinstance(primitive, Structural) or (kind is not None and kind.kind == "f")):
            arguments = met(primitive, arguments)
            values = [argument._array if isinstance(argument, Tensor) else argument for argument in arguments]
        try:
            if isinstance(primitive, Structural):
                array = primitive.function(*values)
            else:
                array = QUIET.run(primitive.array, *values)
        except (ValueError, TypeError, IndexError) as error:
            raise broken(primitive, values, error) from error
        if type(array) is not np.ndarray:
            array = np.asarray(array)
        result = fresh(array)
        if array.base is not None and isinstance(primitive, Structural) and isinstance(arguments[0], Tensor):
            result._look(primitive, arguments[0])
        if MODE.records and array.dtype.kind in "fc" and primitive.name not in COMPARISONS:
            self._hang(result, primitive, arguments, values)
        return result

    @staticmethod
    def _hang(result: Tensor, primitive: Operation, operands: Sequence[Any], values: list[Any]) -> None:
        """Give the result its node, where an operand has a gradient."""
        edges: list[Edge] = []
        versions: list[Versions | None] = []
        tracked = False
        for operand in operands:
            if isinstance(operand, Tensor):
                edge: Edge = operand._node
                if (edge is None and operand._flag) or operand._view is not None:
                    edge = operand.edge()
                tracked = tracked or edge is not None
                edges.append(edge)
                versions.append(operand._versions)
            else:
                edges.append(None)
                versions.append(CONSTANT)
        if tracked:
            result._node = Node(primitive, edges, values, versions, result._array, result._versions)

    def _look(self, primitive: Structural, source: Tensor) -> None:
        """Become a view of the tensor whose memory this one shares."""
        memory = source._array if source._array.base is None else source._array.base
        if self._array.base is not memory:
            return
        self._versions = versions = source._versions
        if versions is None:
            return
        if source._view is None:
            self._view = View(source, (primitive,), MODE.records, versions[0])
        else:
            self._view = source._view.further(primitive, MODE.records, versions[0])

    def edge(self) -> Edge:
        """Where an adjoint of this tensor goes: its node, or for a leaf the end of the way; None without a gradient."""
        if self._view is not None:
            self._refresh(self._view)
        if self._node is not None or not self._flag:
            return self._node
        end = self._accumulator() if self._accumulator is not None else None
        if end is None:
            end = AccumulateGrad(self)
            self._accumulator = weakref.ref(end)
        return end

    def _refresh(self, view: View) -> None:
        """After a write to the shared memory, lead the view's history from that of its base."""
        if not view.recorded or self._versions is None or view.version == self._versions[0]:
            return
        view.version = self._versions[0]
        with enable_grad():
            again: Any = view.base
            for primitive in view.chain:
                again = primitive(again)
        if again._node is not None and self._node is not None:
            again._node.label = self._node.label
        self._node = again._node
        if self._retains and self._node is not None:
            self._node.keeper = weakref.ref(self)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that computed this tensor; None for a leaf."""
        edge = self.edge()
        return edge if isinstance(edge, Node) else None

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation computed it."""
        return self.grad_fn is None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded; may be set for a leaf of real numbers."""
        return self._flag or (self._node if self._view is None else self.edge()) is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not self.is_leaf:
            if not wanted:
                raise TensorError(
                    "requires_grad can be switched off for leaves only, and this tensor was computed by "
                    f"{self.grad_fn}; write y = x.detach()"
                )
            return
        if wanted and self._array.dtype.kind not in "fc":
            raise TensorError(f"a tensor of {self.dtype} has no gradient; write x.float().requires_grad_()")
        if wanted and self._versions is None and not MODE.inference:
            raise TensorError("a tensor made in inference mode cannot require a gradient; write x.clone() for it")
        self._flag = bool(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`, and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The adjoint gathered by `backward`, of the tensor's shape; of a computed tensor only after `retain_grad`."""
        if self._grad is None and not self._retains and not self.is_leaf:
            warnings.warn(
                "the grad of a tensor that is no leaf is not kept; call y.retain_grad() before backward()",
                UserWarning, stacklevel=2,
            )  # fmt: skip
        return self._grad

    @grad.setter
    def grad(self, grad: Tensor | None) -> None:
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TensorTypeError(f"grad is a tensor or None, not {type(grad).__name__} {grad!r:.40}")
            if grad.shape != self.shape or grad._array.dtype != self._array.dtype:
                raise TensorError(
                    f"grad has shape {tuple(grad.shape)} and type {grad.dtype}; the tensor has {tuple(self.shape)} and "
                    f"{self.dtype}, and the two must agree"
                )
        self._grad = grad

    def retain_grad(self) -> None:
        """Keep `grad` of a computed tensor too; nothing changes for a leaf."""
        if not self.requires_grad:
            raise TensorError("retain_grad of a tensor that requires no gradient")
        node = self.grad_fn
        if node is not None:
            self._retains = True
            node.keeper = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call `hook(grad)` whenever the adjoint of this tensor is computed; what it returns takes its place."""
        if not self.requires_grad:
            raise TensorError("a hook on a tensor that requires no gradient would never be called")
        holder: Any = self.grad_fn
        if holder is not None:
            holder.hooks = holder.hooks or {}
            return Handle(holder.hooks, hook)
        self._hooks = self._hooks or {}
        return Handle(self._hooks, hook)

    def detach(self) -> Tensor:
        """The same memory without the history."""
        tensor = fresh(self._array)
        tensor._versions = self._versions
        return tensor

    @property
    def data(self) -> Tensor:
        """The same memory without the history, whose changes nobody counts; may be set, to exchange the memory."""
        return fresh(self._array)

    @data.setter
    def data(self, data: Tensor) -> None:
        if not isinstance(data, Tensor):
            raise TensorTypeError(f"data is a tensor, not {type(data).__name__}")
        self._array = data._array

    @property
    def _version(self) -> int:
        """How often its memory was written in place."""
        if self._versions is None:
            raise TensorError("a tensor made in inference mode has no version")
        return self._versions[0]

    @property
    def shape(self) -> Size:
        """The length of every axis."""
        return Size(self._array.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def dtype(self) -> dtype:
        """The type of its numbers."""
        return as_dtype(self._array.dtype)

    if TYPE_CHECKING:  # the methods and operators, which are the functions of `methods`
        __add__: Any
        __sub__: Any
        __mul__: Any
        __getitem__: Any

        def __getattr__(self, name: str) -> Any: ...

    def __repr__(self) -> str:
        from diffcompare.autograd.printing import text_of

        return text_of(self)


def fresh(array: np.ndarray[Any, Any], node: Node | None = None, versions: Versions | None = None) -> Tensor:
    """A tensor around an array, which is not copied."""
    tensor: Tensor = _empty(Tensor)
    tensor._array = array
    tensor._flag = False
    tensor._node = node
    tensor._view = None
    tensor._versions = versions if versions is not None else None if MODE.inference else [0]
    return tensor


_empty = object.__new__
