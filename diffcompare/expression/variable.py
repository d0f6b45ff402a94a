"""Variable: what a user's function sees while it is traced; it records what is done to it.

Tracing happens at a point, so Python control flow simply runs.  Each comparison that decided a branch is kept as a
guard.  A variable's value may itself be a variable of an outer trace: that is how derivatives nest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, NoReturn

import numpy as np

from diffcompare.errors import BudgetError, TracingError
from diffcompare.expression.graph import Graph, Guards, Node, select
from diffcompare.expression.primitives import PRIMITIVES, Operation, Primitive, Traced
from diffcompare.expression.primitives.structural import dtype_of, index

MOST_NODES = 4 * 10**6  # of a trace entry by entry: about a gigabyte
_levels = count()


class Trace:
    """A recording in progress: nodes in order of creation; a later trace is an inner one.

    Where it is `entrywise`, an array is an array of traced scalars, as the lecture's tables, SymPy and balls need it;
    elsewhere an array is the value of one node.
    """

    __slots__ = ("_constants", "entrywise", "guards", "level", "names", "nodes")

    def __init__(self, entrywise: bool = True) -> None:
        self.level = next(_levels)
        self.entrywise = entrywise
        self.names: list[str] = []
        self.nodes: list[Node] = []
        self.guards: list[tuple[int, bool | tuple[Any, ...]]] = []
        self._constants: dict[tuple[type, Any], Variable] = {}

    def input(self, name: str, value: Any) -> Variable:
        """A new input variable with its value at the traced point."""
        self.names.append(name)
        return self._append(Node(None, (), value))

    def constant(self, number: Any) -> Variable:
        """A constant; the same number written again is the same node (0 and nan excepted: -0.0 == 0, nan != nan)."""
        if isinstance(number, (np.ndarray, complex)):
            return self._append(Node(None, (), number, number))
        key = (type(number), number)
        if isinstance(number, Traced) or number == 0 or number != number:
            return self._append(Node(None, (), number, number))
        if key not in self._constants:
            self._constants[key] = self._append(Node(None, (), as_float(number), number))
        return self._constants[key]

    def operation(self, primitive: Operation, arguments: Sequence[Any]) -> Variable:
        """Record one application; arguments that are not of this trace enter as constants.

        Raises `TracingError` for an operation on whole arrays where entries are traced.
        """
        if self.entrywise and not isinstance(primitive, Primitive):
            raise TracingError(f"{primitive.name} has no derivative rule for single numbers; write it without")
        operands = []
        values = []
        for argument in arguments:
            if type(argument) is not Variable or argument.trace is not self:
                argument = self._entered(argument, primitive)
            operands.append(argument.index)
            values.append(argument.value)
        return self._append(Node(primitive, tuple(operands), primitive(*values)))

    def _entered(self, argument: Any, primitive: Operation) -> Variable:
        """What is not of this trace, as a constant; an array of traced scalars joined into one value."""
        if type(argument) is Entry and argument.trace is self:
            return argument
        if isinstance(argument, np.ndarray) and argument.dtype == object and argument.ndim and not self.entrywise:
            from diffcompare.expression.arrays.indexing import joined

            argument = joined(argument)
            if isinstance(argument, Variable) and argument.trace is self:
                return argument
        return self.constant(checked_operand(argument, primitive, real=self.entrywise))

    def apply(self, primitive: Primitive, *arguments: Any) -> Any:
        """Apply a primitive; pi and e are recorded by name here, so that other number domains have all their digits."""
        return primitive(*arguments) if arguments else self.operation(primitive, ())

    def graph(self, outputs: Iterable[Any]) -> Graph:
        """The part of the recording that `outputs` (variables or numbers) need."""
        places = [v.index if isinstance(v, Variable) and v.trace is self else self.constant(v).index for v in outputs]
        names, nodes = tuple(self.names), self.nodes
        guards = None
        if self.guards:
            conditions = dict.fromkeys(self.guards)
            guards = Guards(
                select(names, nodes, [i for i, _ in conditions], None),
                tuple(decision for _, decision in conditions),
            )
        return select(names, nodes, places, guards)

    def _append(self, node: Node) -> Variable:
        self.nodes.append(node)
        if self.entrywise and len(self.nodes) > MOST_NODES:
            raise BudgetError(
                f"over budget: more than {MOST_NODES} operations recorded entry by entry; give the function smaller "
                "arrays, or differentiate whole arrays with dc.grad"
            )
        return Variable(self, len(self.nodes) - 1)


def _binary(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator method for a primitive and its reflection."""

    def forward(self: Variable, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else PRIMITIVES[name](self, other)

    def reflected(self: Variable, other: Any) -> Any:
        return PRIMITIVES[name](other, self)

    return forward, reflected


def _named(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator method for a function on arrays and its reflection."""

    def forward(self: Variable, other: Any) -> Any:
        return _array_function(name)(self, other)

    def reflected(self: Variable, other: Any) -> Any:
        return _array_function(name)(other, self)

    return forward, reflected


def _array_function(name: str) -> Callable[..., Any]:
    from diffcompare.expression.array_functions import FUNCTIONS

    return FUNCTIONS[name]


class Variable(Traced):
    """A traced number or array: a place in a trace, with its value at the traced point in `value`.

    It has the attributes and methods of an array of its shape.  Raises `TracingError` where the code needs a plain
    number: `float(x)`, `math.sin(x)`, `round(x)`, `range(x)`.
    """

    __slots__ = ("index", "trace")

    def __init__(self, trace: Trace, index: int) -> None:
        self.trace = trace
        self.index = index

    @property
    def value(self) -> Any:
        """The value at the traced point; a variable of the outer trace where derivatives nest."""
        return self.trace.nodes[self.index].value

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; () for a scalar."""
        return self.trace.nodes[self.index].shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        """The number type of the value; a traced entry of an object array has none, as NumPy's own code expects."""
        if self.trace.entrywise:
            raise AttributeError("a traced entry has no dtype")
        return dtype_of(self.value) if self.shape else ScalarType(dtype_of(self.value))

    def record(self, primitive: Operation, arguments: tuple[Any, ...]) -> Any:
        """Record on the innermost trace among the arguments."""
        trace = self.trace
        arrays = False
        for argument in arguments:
            if isinstance(argument, Variable):
                if argument.trace.level > trace.level:
                    trace = argument.trace
            elif isinstance(argument, np.ndarray) and argument.ndim:
                arrays = True
        if arrays and trace.entrywise:
            from diffcompare.expression.entries import on_entries

            return on_entries(primitive, *arguments)
        return trace.operation(primitive, arguments)

    @property
    def real(self) -> Any:
        """The real part."""
        return _array_function("real")(self)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return _array_function("imag")(self)

    @property
    def T(self) -> Any:
        """The transpose."""
        return _array_function("transpose")(self)

    @property
    def mT(self) -> Any:
        """The transpose of the last two axes."""
        return _array_function("matrix_transpose")(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a traced number has no length; only arrays have one")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])

    def __getitem__(self, key: Any) -> Any:
        if self.trace.entrywise:
            raise TypeError("a traced number is not subscriptable")
        from diffcompare.expression.arrays.indexing import indexed

        return indexed(self, key)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """An array of traced scalars, for `np.array([x, y])`, which gives the operands no say."""
        from diffcompare.expression.arrays.indexing import scalars

        wanted = "O" if dtype is None else np.dtype(dtype).kind
        if wanted in "biu" and not self.trace.entrywise:
            return np.asarray(self.decided()).astype(dtype)
        if wanted != "O":
            self._untraceable()
        return scalars(self)

    __add__, __radd__ = _binary("add")
    __sub__, __rsub__ = _binary("subtract")
    __mul__, __rmul__ = _binary("multiply")
    __truediv__, __rtruediv__ = _binary("divide")
    __pow__, __rpow__ = _binary("power")
    __mod__, __rmod__ = _named("remainder")
    __floordiv__, __rfloordiv__ = _named("floor_divide")
    __divmod__, __rdivmod__ = _named("divmod")
    __and__, __rand__ = _named("bitwise_and")
    __or__, __ror__ = _named("bitwise_or")
    __xor__, __rxor__ = _named("bitwise_xor")
    __lt__, _ = _binary("less")
    __le__, _ = _binary("less_equal")
    __gt__, _ = _binary("greater")
    __ge__, _ = _binary("greater_equal")
    __eq__, _ = _binary("equal")
    __ne__, _ = _binary("not_equal")
    __matmul__, __rmatmul__ = _named("matmul")
    __hash__ = None  # type: ignore[assignment]  # equality is traced, so a set of variables would decide branches

    def __neg__(self) -> Any:
        return PRIMITIVES["negative"](self)

    def __pos__(self) -> Variable:
        return self

    def __abs__(self) -> Any:
        return PRIMITIVES["abs"](self) if self.trace.entrywise else _array_function("absolute")(self)

    def __invert__(self) -> Any:
        return _array_function("invert")(self)

    def __bool__(self) -> bool:
        """Decide a branch by the value at the traced point, and remember the decision as a guard."""
        condition = self.trace.nodes[self.index].primitive
        if condition is None or condition.name not in COMPARISONS:
            return bool(self != 0)
        decision = bool(self.value)
        self.trace.guards.append((self.index, decision))
        return decision

    def decided(self) -> Any:
        """The plain value of a condition or an index, remembered as a guard: the trace holds where it is the same."""
        value = self.value.decided() if isinstance(self.value, Traced) else np.asarray(self.value)[()]
        self.trace.guards.append((self.index, _nested(value.tolist())))
        return value

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from diffcompare.expression.numpy_protocol import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from diffcompare.expression.numpy_protocol import apply_function

        return apply_function(function, arguments, options)

    def _untraceable(self, *_: Any) -> NoReturn:
        raise TracingError(
            "a traced variable was used as a plain number (math.sin(x), float(x), round(x), range(x), a[0] = x, "
            "np.array(x, float), ...); write np.sin(x) instead of math.sin(x), [a, b] or np.stack([a, b]) instead of "
            "filling an array in place, and x.astype(float) or np.array(..., like=x) for another number type"
        )

    __float__ = __complex__ = __round__ = __floor__ = __ceil__ = __trunc__ = _untraceable

    def __int__(self) -> int:
        """The whole number below, of an array's entry: it moves in steps, and is remembered as a guard."""
        return self._untraceable() if self.trace.entrywise else int(self.decided())

    def __index__(self) -> int:
        """A place that was found by values; of a number that is no whole one, refused."""
        if self.trace.entrywise or dtype_of(self).kind not in "biu":
            self._untraceable()
        return int(self.decided())

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TracingError(
            "in-place assignment to a traced array; build the result instead, with np.where, np.concatenate or np.stack"
        )

    def __getattr__(self, name: str) -> Any:
        """The methods of an array, and those that NumPy looks for on the entries of an object array."""
        from diffcompare.expression.numpy_protocol import method_named

        method = method_named(name)
        if method is None:
            raise AttributeError(f"a traced variable has no attribute {name}")
        return lambda *others, **options: method(self, *others, **options)

    def __repr__(self) -> str:
        return f"<traced {self.value!r}>"


class Entry(Variable):
    """A traced scalar taken from a traced array when NumPy made an array of objects of it; it knows its place there."""

    __slots__ = ("place", "source")

    def __init__(self, source: Variable, place: tuple[int, ...]) -> None:
        taken = index(place)(source) if source.shape else source
        super().__init__(taken.trace, taken.index)
        self.source = source
        self.place = place


class ScalarType:
    """The number type of a traced scalar: NumPy's own, except that what it is called with stays traced.

    NumPy's code for np.mean([x, y]), which asks nobody, ends with `x.dtype.type(x / n)`.
    """

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def type(self, value: Any) -> Any:
        """The value as a number of this type; a traced one as it is."""
        return value if isinstance(value, Traced) else self.dtype.type(value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dtype, name)

    def __eq__(self, other: object) -> bool:
        return bool(self.dtype == other)

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return repr(self.dtype)


COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


def as_float(number: Any) -> float:
    """The double nearest to a number; infinite where an integer is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def checked_operand(argument: Any, primitive: Operation, real: bool) -> Any:
    """An operand that is not traced here: a number, an array of numbers, or a variable of an outer trace."""
    if isinstance(argument, (Variable, bool, int, float)) or (isinstance(argument, complex) and not real):
        return argument
    if isinstance(argument, (list, tuple)):
        argument = np.array(argument)
    if isinstance(argument, (np.ndarray, np.generic)) and argument.dtype.kind in "biufcO":
        return argument if argument.ndim else argument.item()
    raise TracingError(
        f"{primitive.name} of a variable and {type(argument).__name__} {argument!r:.40}: operands must be real numbers"
    )


def _nested(value: Any) -> Any:
    """Nested lists as nested tuples, which can be compared and stored in a set."""
    return tuple(map(_nested, value)) if isinstance(value, list) else value
