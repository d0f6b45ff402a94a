"""Variable: what a user's function sees while it is traced; it records what is done to it.

Tracing happens at a point, so Python control flow simply runs.  Each comparison that decided a branch is kept as a
guard.  A variable's value may itself be a variable of an outer trace: that is how derivatives nest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, NoReturn

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.graph import Graph, Guards, Node, select
from diffcompare.expression.primitives import PRIMITIVES, Primitive, Traced

_levels = count()


class Trace:
    """A recording in progress: nodes in order of creation; a later trace is an inner one."""

    __slots__ = ("_constants", "guards", "level", "names", "nodes")

    def __init__(self) -> None:
        self.level = next(_levels)
        self.names: list[str] = []
        self.nodes: list[Node] = []
        self.guards: list[tuple[int, bool]] = []
        self._constants: dict[tuple[type, Any], Variable] = {}

    def input(self, name: str, value: Any) -> Variable:
        """A new input variable with its value at the traced point."""
        self.names.append(name)
        return self._append(Node(None, (), value))

    def constant(self, number: Any) -> Variable:
        """A constant; the same number written again is the same node (0 and nan excepted: -0.0 == 0, nan != nan)."""
        key = (type(number), number)
        if isinstance(number, Traced) or number == 0 or number != number:
            return self._append(Node(None, (), number, number))
        if key not in self._constants:
            self._constants[key] = self._append(Node(None, (), as_float(number), number))
        return self._constants[key]

    def operation(self, primitive: Primitive, arguments: Sequence[Any]) -> Variable:
        """Record one application; arguments that are not of this trace enter as constants."""
        operands = []
        values = []
        for argument in arguments:
            if type(argument) is not Variable or argument.trace is not self:
                argument = self.constant(checked_number(argument, primitive))
            operands.append(argument.index)
            values.append(argument.value)
        return self._append(Node(primitive, tuple(operands), primitive(*values)))

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
        return Variable(self, len(self.nodes) - 1)


def _binary(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator method for a primitive and its reflection."""

    def forward(self: Variable, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else PRIMITIVES[name](self, other)

    def reflected(self: Variable, other: Any) -> Any:
        return PRIMITIVES[name](other, self)

    return forward, reflected


class Variable(Traced):
    """A traced scalar: a place in a trace, with its value at the traced point in `value`.

    Raises `TracingError` where the code needs a plain number: `float(x)`, `math.sin(x)`, `round(x)`, `range(x)`.
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

    def record(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        """Record on the innermost trace among the arguments."""
        if any(isinstance(a, np.ndarray) and a.ndim for a in arguments):
            return np.frompyfunc(primitive, len(arguments), 1)(*arguments)
        trace = self.trace
        for argument in arguments:
            if type(argument) is Variable and argument.trace.level > trace.level:
                trace = argument.trace
        return trace.operation(primitive, arguments)

    __add__, __radd__ = _binary("add")
    __sub__, __rsub__ = _binary("subtract")
    __mul__, __rmul__ = _binary("multiply")
    __truediv__, __rtruediv__ = _binary("divide")
    __pow__, __rpow__ = _binary("power")
    __lt__, _ = _binary("less")
    __le__, _ = _binary("less_equal")
    __gt__, _ = _binary("greater")
    __ge__, _ = _binary("greater_equal")
    __eq__, _ = _binary("equal")
    __ne__, _ = _binary("not_equal")
    __hash__ = None  # type: ignore[assignment]  # equality is traced, so a set of variables would decide branches

    def __neg__(self) -> Any:
        return PRIMITIVES["negative"](self)

    def __pos__(self) -> Variable:
        return self

    def __abs__(self) -> Any:
        return PRIMITIVES["abs"](self)

    def __bool__(self) -> bool:
        """Decide a branch by the value at the traced point, and remember the decision as a guard."""
        condition = self.trace.nodes[self.index].primitive
        if condition is None or condition.name not in COMPARISONS:
            return bool(self != 0)
        decision = bool(self.value)
        self.trace.guards.append((self.index, decision))
        return decision

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from diffcompare.expression.numpy_protocol import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from diffcompare.expression.numpy_protocol import apply_function

        return apply_function(function, arguments, options)

    def _untraceable(self, *_: Any) -> NoReturn:
        raise TracingError(
            "a traced variable was used as a plain number (math.sin(x), float(x), round(x), range(x), a[0] = x, ...); "
            "write np.sin(x) instead of math.sin(x), and [a, b] instead of filling an array in place"
        )

    __float__ = __int__ = __index__ = __complex__ = __round__ = __floor__ = __ceil__ = __trunc__ = _untraceable

    def _unsupported(self, *_: Any) -> NoReturn:
        raise TracingError(
            "%, //, and divmod have no derivative rule here; write the smooth part of the formula without them"
        )

    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _unsupported

    def __getattr__(self, name: str) -> Any:
        """The method that NumPy looks for on the entries of an object array: np.sin(np.array([x, y]))."""
        from diffcompare.expression.numpy_protocol import PRIMITIVE_OF

        if name not in PRIMITIVE_OF:
            raise AttributeError(f"a traced scalar has no attribute {name}")
        return lambda *others: PRIMITIVE_OF[name](self, *others)

    def __repr__(self) -> str:
        return f"<traced {self.value!r}>"


COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


def as_float(number: Any) -> float:
    """The double nearest to a number; infinite where an integer is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def checked_number(argument: Any, primitive: Primitive) -> Any:
    """An operand that is not traced here: a real number (or a variable of an outer trace)."""
    if isinstance(argument, (Variable, bool, int, float)):
        return argument
    if isinstance(argument, (np.floating, np.integer, np.bool_)):
        return argument.item()
    if isinstance(argument, np.ndarray) and argument.ndim == 0:
        return argument.item()
    raise TracingError(
        f"{primitive.name} of a variable and {type(argument).__name__} {argument!r:.40}: operands must be real numbers"
    )


def concrete(value: Any) -> Any:
    """The number behind a value, however many traces it is recorded on; no guard is kept."""
    while isinstance(value, Variable):
        value = value.value
    return value
