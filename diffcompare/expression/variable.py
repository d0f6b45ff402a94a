"""Variable: what a user's function sees while it is traced; it records what is done to it.

Tracing happens at a point, so Python control flow simply runs.  Each comparison that decided a branch is kept as a
guard.  A variable's value may itself be a variable of an outer trace: that is how derivatives nest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, NoReturn
from weakref import ref

import numpy as np

from diffcompare.errors import BudgetError, TracingError
from diffcompare.expression.array_methods import ArrayMethods, ScalarType
from diffcompare.expression.batch import Batch
from diffcompare.expression.graph import Graph, Guards, Node, select
from diffcompare.expression.operands import as_float, checked_operand, kept_array, nested, same_bytes
from diffcompare.expression.primitives import PRIMITIVES, Operation, Primitive, Traced
from diffcompare.expression.primitives.primitive import concrete
from diffcompare.expression.primitives.structural import dtype_of, shape_of

MOST_NODES = 4 * 10**6  # of a trace entry by entry: about a gigabyte
_levels = count()
_new = object.__new__


class Trace:
    """A recording in progress: nodes in order of creation; a later trace is an inner one.

    Where it is `entrywise`, an array is an array of traced scalars, as the lecture's tables, SymPy and balls need it;
    elsewhere an array is the value of one node.
    """

    __slots__ = ("_arrays", "_constants", "entrywise", "guards", "level", "names", "nodes")

    def __init__(self, entrywise: bool = True) -> None:
        self.level = next(_levels)
        self.entrywise = entrywise
        self.names: list[str] = []
        self.nodes: list[Node] = []
        self.guards: list[tuple[int, bool | tuple[Any, ...]]] = []
        self._constants: dict[Any, int] = {}  # places, as a variable would refer to this trace in a circle
        self._arrays: dict[int, tuple[ref[Any], int]] = {}  # by identity: the array that entered, and its place

    def input(self, name: str, value: Any) -> Variable:
        """A new input variable with its value at the traced point."""
        self.names.append(name)
        return Variable(self, self._append(Node(None, (), value)), value)

    def constant(self, number: Any) -> Variable:
        """A constant."""
        place = self.place_of(number)
        return Variable(self, place, self.nodes[place].value)

    def place_of(self, number: Any) -> int:
        """The node of a constant, which the same number shares (but 0 and nan: -0.0 == 0, nan != nan)."""
        place = self._constants.get(number) if type(number) is float else None
        return self._constant(number) if place is None else place

    def _constant(self, number: Any) -> int:
        if isinstance(number, np.ndarray):
            return self._constant_array(number)
        if isinstance(number, (complex, Traced)) or number == 0 or number != number:
            return self._append(Node(None, (), number, number))
        key = number if type(number) is float else (type(number), number)
        place = self._constants.get(key)
        if place is None:
            strong = isinstance(number, np.generic) and not self.entrywise  # its type counts, as NumPy promotes types
            place = self._append(Node(None, (), number if strong else as_float(number), number))
            self._constants[key] = place
        return place

    def _constant_array(self, array: np.ndarray[Any, Any]) -> int:
        """An array enters as it is now, by a copy, as the sweeps come when the user's code may have written into it.

        The same array is the same node for as long as it holds the same bytes.
        """
        known, place = self._arrays.get(id(array), (None, 0))
        if known is None or known() is not array or not same_bytes(array, self.nodes[place].constant):
            own = kept_array(array)
            place = self._append(Node(None, (), own, own))
            self._arrays[id(array)] = ref(array), place
        return place

    def operation(self, primitive: Operation, arguments: Sequence[Any]) -> Any:
        """Record one application on the innermost trace among the arguments; what is not of it enters as constants.

        Raises `TracingError` for an operation on whole arrays where entries are traced.
        """
        operands = []
        values = []
        arrays = False
        for argument in arguments:
            if isinstance(argument, Variable):
                if argument.tape is self:
                    operands.append(argument.index)
                    values.append(argument.value)
                    continue
                if argument.tape.level > self.level:
                    return argument.tape.operation(primitive, arguments)
            elif self.entrywise and isinstance(argument, np.ndarray) and argument.ndim:
                arrays = True
                continue
            elif isinstance(argument, Batch):
                return argument.record(primitive, tuple(arguments))
            place = self.place_of(argument) if type(argument) in (float, int) else self._entered(argument, primitive)
            operands.append(place)
            values.append(self.nodes[place].value)
        if arrays:
            from diffcompare.expression.entries import on_entries

            return on_entries(primitive, *arguments)
        return self.applied(primitive, tuple(operands), values)

    def applied(self, primitive: Operation, operands: tuple[int, ...], values: Sequence[Any]) -> Variable:
        """Record one application to nodes of this trace, which have these values."""
        if self.entrywise and not isinstance(primitive, Primitive):
            raise TracingError(f"{primitive.name} has no derivative rule for single numbers; write it without")
        return self.recorded(primitive, operands, primitive(*values))

    def recorded(self, primitive: Operation, operands: tuple[int, ...], value: Any) -> Variable:
        """Record one application whose value is known.

        Raises `BudgetError` where a trace entry by entry grows too long.
        """
        nodes = self.nodes
        place = len(nodes)
        if place >= MOST_NODES and self.entrywise:
            raise BudgetError(
                f"over budget: more than {MOST_NODES} operations recorded entry by entry; give the function smaller "
                "arrays, or differentiate whole arrays with dc.grad"
            )
        node, result = _new(Node), _new(Variable)  # without the calls of __init__, which take as long as all else here
        node.primitive = primitive
        node.operands = operands
        node.value = result.value = value
        node.constant = None
        nodes.append(node)
        result.tape = self
        result.index = place
        return result

    def _entered(self, argument: Any, primitive: Operation) -> int:
        """The place of what is not of this trace: a constant; an array of traced scalars joined into one value."""
        if isinstance(argument, np.ndarray) and argument.dtype == object and argument.ndim:
            from diffcompare.expression.arrays.indexing import joined

            argument = joined(argument)
            if isinstance(argument, Variable) and argument.tape is self:
                return argument.index
        if not isinstance(argument, Variable):
            argument = checked_operand(argument, primitive, real=self.entrywise)
        return self._constant(argument)

    def apply(self, primitive: Primitive, *arguments: Any) -> Any:
        """Apply a primitive; pi and e are recorded by name here, so that other number domains have all their digits."""
        return primitive(*arguments) if arguments else self.operation(primitive, ())

    def graph(self, outputs: Iterable[Any]) -> Graph:
        """The part of the recording that `outputs` (variables or numbers) need."""
        places = [v.index if isinstance(v, Variable) and v.tape is self else self._constant(v) for v in outputs]
        names, nodes = tuple(self.names), self.nodes
        guards = None
        if self.guards:
            conditions = dict.fromkeys(self.guards)
            guards = Guards(
                select(names, nodes, [i for i, _ in conditions], None),
                tuple(decision for _, decision in conditions),
            )
        return select(names, nodes, places, guards)

    def _append(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1


class Variable(ArrayMethods):
    """A traced number or array: a place (`index`) in a trace (`tape`), with its value at the traced point.

    It has the attributes and methods of an array of its shape.  Raises `TracingError` where the code needs a plain
    number: `float(x)`, `math.sin(x)`, `round(x)`, `range(x)`.
    """

    __slots__ = ("index", "tape", "value")

    def __init__(self, trace: Trace, index: int, value: Any) -> None:
        self.tape = trace
        self.index = index
        self.value = value  # at the traced point; a variable of the outer trace where derivatives nest

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; () for a scalar."""
        return shape_of(self.value)

    @property
    def dtype(self) -> Any:
        """The number type of the value; a traced entry of an object array has none, as NumPy's own code expects."""
        if self.tape.entrywise:
            raise AttributeError("a traced entry has no dtype")
        return dtype_of(self.value) if self.shape else ScalarType(dtype_of(self.value))

    def record(self, primitive: Operation, arguments: tuple[Any, ...]) -> Any:
        """Record on the innermost trace among the arguments."""
        return self.tape.operation(primitive, arguments)

    def __getitem__(self, key: Any) -> Any:
        if self.tape.entrywise:
            raise TypeError("a traced number is not subscriptable")
        from diffcompare.expression.arrays.indexing import indexed

        return indexed(self, key)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """An array of traced scalars, for `np.array([x, y])`, which gives the operands no say."""
        from diffcompare.expression.arrays.indexing import scalars

        wanted = "O" if dtype is None else np.dtype(dtype).kind
        if wanted in "biu" and not self.tape.entrywise:
            return np.asarray(self.decided()).astype(dtype)
        if wanted != "O":
            self._untraceable()
        return scalars(self)

    def __bool__(self) -> bool:
        """Decide a branch by the value at the traced point, and remember the decision as a guard."""
        condition = self.tape.nodes[self.index].primitive
        if condition is None or condition.name not in COMPARISONS:
            return bool(self != 0)
        decision = bool(self.value)
        self.tape.guards.append((self.index, decision))
        return decision

    def decided(self) -> Any:
        """The plain value of a condition or an index, remembered as a guard; of a number, that it is this number."""
        plain = concrete(self.value)
        if not self.shape and dtype_of(plain).kind != "b":
            bool(self == plain)
            return plain
        value = self.value.decided() if isinstance(self.value, Traced) else np.asarray(self.value)[()]
        self.tape.guards.append((self.index, nested(value.tolist())))
        return value

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and not options:
            row = UNARY.get(ufunc)
            if row is not None and type(self.value) is float:  # of a long tape
                return self.tape.recorded(row, (self.index,), row.value(self.value))
            if ufunc in UFUNCS and not self.tape.entrywise:
                return UFUNCS[ufunc](*inputs)
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
        """The whole number next to it towards 0, which moves in steps: their edges are remembered as guards."""
        from diffcompare.expression.rounding import trunc

        return int(trunc(self) if not self.shape and dtype_of(self.value).kind == "f" else self.decided())

    def __index__(self) -> int:
        """A place that was found by values; of a number that is no whole one, refused."""
        if self.tape.entrywise or dtype_of(self).kind not in "biu":
            self._untraceable()
        return int(self.decided())

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TracingError(
            "in-place assignment to a traced array; build the result instead, with np.where, np.concatenate or np.stack"
        )

    def __repr__(self) -> str:
        return f"<traced {self.value!r}>"


UNARY = {row.array: row for row in PRIMITIVES.values() if row.arity == 1 and isinstance(row.array, np.ufunc)}
UFUNCS: dict[np.ufunc, Callable[..., Any]] = {}  # those met so far, on whole arrays
COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})
