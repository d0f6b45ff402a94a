"""The recorded graph: a node for every recorded operation, which PyTorch calls its `grad_fn`.

A node keeps only the values that the primitive's rules will ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError
from diffcompare.autograd.needs import needs
from diffcompare.expression.primitives import Operation, Structural

if TYPE_CHECKING:
    from diffcompare.autograd.tensors import Tensor

sequence = count()  # numbers the nodes in the order in which they are recorded
Versions = list[int]  # one number, shared by the tensors that share memory: how often it was written
CONSTANT: Versions = [0]  # of what is no tensor


class Adjoints(dict[Any, Any]):
    """The adjoints that a sweep has gathered so far, by node; None stands for zero."""


class Form(NamedTuple):
    """What is left of a value that no rule will ask for."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """The number of axes, which rules ask for."""
        return len(self.shape)


class View:
    """How a tensor looks into the memory of another: which operations lead there from `base`."""

    __slots__ = ("base", "chain", "recorded", "several", "version")

    def __init__(self, base: Tensor, chain: tuple[Structural, ...], recorded: bool, version: int) -> None:
        self.base = base
        self.chain = chain
        self.recorded = recorded  # made while operations were recorded
        self.several = False  # one of several views that one function gave
        self.version = version  # of the memory, when the node of the view was made

    def further(self, primitive: Structural, recorded: bool, version: int) -> View:
        """A view of this view, which may be written no more freely."""
        view = View(self.base, (*self.chain, primitive), recorded and self.recorded, version)
        view.several = self.several
        return view


class Handle:
    """A hook that can be taken away again; as a context manager, at its end."""

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        if not callable(hook):
            raise TensorTypeError(f"a hook is a function, not {type(hook).__name__}")
        self._hooks = hooks
        self._key = max(hooks, default=-1) + 1
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away; nothing happens the second time."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class AccumulateGrad:
    """Where the adjoint of a leaf ends: it is added to the `grad` of `variable`."""

    __slots__ = ("__weakref__", "variable")
    next_functions: tuple[Any, ...] = ()

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable

    def name(self) -> str:
        """As PyTorch calls it."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad of shape {self.variable.shape}>"


class Node:
    """One recorded operation: its primitive, where its operands come from, and the values that its rules need.

    `next_functions` leads to the nodes of the operands, with `AccumulateGrad` for a leaf and None for an operand
    without a gradient.
    """

    __slots__ = (
        "__dict__", "__weakref__", "dtype", "edges", "operands", "primitive", "result", "saves", "sequence", "shape",
        "watched",
    )  # fmt: skip

    label: str | None = None  # a name other than that of the primitive
    hooks: dict[int, Callable[[Any], Any]] | None = None
    keeper: Callable[[], Tensor | None] | None = None  # a weak reference: the tensor whose grad is retained
    gate: Callable[[Adjoints], None] | None = None  # called before the adjoint is passed on

    def __init__(
        self,
        primitive: Operation,
        edges: Sequence[Edge],
        values: Sequence[Any],
        versions: Sequence[Versions | None],
        array: np.ndarray[Any, Any],
        version: Versions | None,
    ) -> None:
        """`values` and `versions` are those of the operands, `array` and `version` of the result."""
        self.primitive = primitive
        self.edges = edges
        self.shape = shape = array.shape
        self.dtype = dtype = array.dtype
        self.sequence = next(sequence)
        needed = 0
        for edge, mask in zip(edges, needs(primitive, values), strict=True):
            if edge is not None:
                needed |= mask
        kept: list[Any] = []
        watched: list[tuple[int, Versions, int]] = []
        for j, value in enumerate(values):
            if not isinstance(value, np.ndarray):
                kept.append(value)
            elif needed >> j & 1:
                kept.append(value)
                watched.append(_watched(j, versions[j], primitive))
            elif value.shape == shape and value.dtype is dtype:
                kept.append(None)  # a form as that of the result
            else:
                kept.append(Form(value.shape, value.dtype))
        self.operands: list[Any] | None = kept
        self.result = None
        if needed >> len(values):
            self.result = array
            watched.append(_watched(len(values), version, primitive))
        self.watched = watched
        self.saves = needed != 0  # a value, be it a number, that is let go after the way back

    def name(self) -> str:
        """As PyTorch calls it, for example AddBackward0."""
        return self.label or NAMES.get(self.primitive.name) or f"{self.primitive.name.title()}Backward0"

    @property
    def next_functions(self) -> tuple[tuple[Edge, int], ...]:
        """The nodes of the operands, each with the number of the output that it is, always 0."""
        return tuple((edge, 0) for edge in self.edges)

    def kept(self) -> tuple[tuple[Any, ...], Any]:
        """The operands and the result, with `Form` for what no rule needs.

        Raises `TensorError` where they are freed or were changed.
        """
        if self.operands is None:
            raise TensorError(
                f"the values that {self.name()} kept were freed by an earlier backward; "
                "write backward(retain_graph=True) there to go through the graph again"
            )
        for _, versions, then in self.watched:
            if versions[0] != then:
                raise TensorError(
                    f"a value that {self.name()} kept for its derivative, shape {self.shape}, was changed in place: it "
                    f"is at version {versions[0]}, and {then} is needed; write y = y + 1 instead of y.add_(1)"
                )
        form = Form(self.shape, self.dtype)
        operands = tuple([form if operand is None else operand for operand in self.operands])
        return operands, form if self.result is None else self.result

    def hold(self, versions: Versions | None) -> None:
        """Count a tensor among what is kept that the primitive itself holds, such as the places of an index."""
        self.watched.insert(0, _watched(HELD, versions, self.primitive))

    def free(self) -> None:
        """Let the kept values go."""
        if self.saves:
            self.operands, self.result, self.watched = None, None, []

    def moved(self, array: np.ndarray[Any, Any], versions: Versions | None) -> None:
        """The result was written into another array, which is kept in its place."""
        if self.result is not None and versions is not None:
            self.result = array
            self.watched[-1] = (len(self.edges), versions, versions[0])

    def __repr__(self) -> str:
        return f"<{self.name()} of shape {self.shape}>"


Edge = Node | AccumulateGrad | None
HELD = -1  # in place of the number of an operand: a tensor among the parameters of the primitive


def _watched(j: int, versions: Versions | None, primitive: Operation) -> tuple[int, Versions, int]:
    """The version at which a value is kept; `TensorError` for an inference tensor, which has none."""
    if versions is None:
        raise TensorError(
            f"{primitive.name} would keep a tensor made in inference mode for its derivative, and such a tensor cannot "
            "be recorded; write x.clone() for it, or make it under torch.no_grad()"
        )
    return j, versions, versions[0]


NAMES = {
    "subtract": "SubBackward0", "multiply": "MulBackward0", "divide": "DivBackward0", "power": "PowBackward0",
    "negative": "NegBackward0", "ln": "LogBackward0", "arcsin": "AsinBackward0", "arccos": "AcosBackward0",
    "arctan": "AtanBackward0", "arctan2": "Atan2Backward0", "arcsinh": "AsinhBackward0", "arccosh": "AcoshBackward0",
    "arctanh": "AtanhBackward0", "loggamma": "LgammaBackward0", "sign": "SgnBackward0", "hypot": "HypotBackward0",
    "log1p": "Log1PBackward0", "log2": "Log2Backward0", "log10": "Log10Backward0", "expm1": "Expm1Backward0",
    "matmul": "MmBackward0", "reshape": "ViewBackward0", "transpose": "PermuteBackward0",
    "broadcast_to": "ExpandBackward0", "sum": "SumBackward1", "index": "IndexBackward0", "concatenate": "CatBackward0",
    "softmax": "SoftmaxBackward0", "log_softmax": "LogSoftmaxBackward0", "cast": "ToCopyBackward0",
    "max": "AmaxBackward0", "min": "AminBackward0", "overwrite": "CopySlices",
}  # fmt: skip
