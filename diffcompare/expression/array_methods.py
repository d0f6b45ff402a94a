"""What a traced array answers as NumPy's arrays do: operators, axes and parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompare.expression.arrays.unsupported import IN_PLACE
from diffcompare.expression.primitives import PRIMITIVES, Traced
from diffcompare.expression.primitives.primitive import UNDEFINED

if TYPE_CHECKING:
    from diffcompare.expression.variable import Variable


def _unary(name: str) -> Callable[..., Any]:
    """The operator method for a primitive of one operand."""
    primitive = PRIMITIVES[name]
    return lambda self: self.tape.recorded(primitive, (self.index,), primitive(self.value))


def _binary(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator method for a primitive and its reflection."""
    primitive = PRIMITIVES[name]
    on_floats = primitive.function

    def forward(self: Variable, other: Any) -> Any:
        tape = self.tape
        if type(other) is type(self) and other.tape is tape:  # of a long tape
            place, y = other.index, other.value
        elif type(other) in (float, int):
            place = tape.place_of(other)
            y = tape.nodes[place].value
        else:
            return NotImplemented if isinstance(other, np.ndarray) else tape.operation(primitive, (self, other))
        x = self.value
        if type(x) is type(y) is float:
            try:
                value = on_floats(x, y)
            except UNDEFINED:
                value = primitive.value(x, y)
        else:
            value = primitive(x, y)
        return tape.recorded(primitive, (self.index, place), value)

    def reflected(self: Variable, other: Any) -> Any:
        if type(other) in (float, int):
            return forward(self.tape.constant(other), self)
        return self.tape.operation(primitive, (other, self))

    return forward, reflected


def _named(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator method for a function of NumPy's and its reflection."""
    function = getattr(np, name)

    def forward(self: ArrayMethods, other: Any) -> Any:
        return function(self, other)

    def reflected(self: ArrayMethods, other: Any) -> Any:
        return function(other, self)

    return forward, reflected


def _array_function(name: str) -> Callable[..., Any]:
    from diffcompare.expression.array_functions import FUNCTIONS

    return FUNCTIONS[name]


class ArrayMethods(Traced):
    """Operators and attributes of something traced that has a `shape` and can be indexed."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; () for a scalar."""
        raise NotImplementedError

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

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
        raise NotImplementedError

    __add__, __radd__ = _binary("add")
    __sub__, __rsub__ = _binary("subtract")
    __mul__, __rmul__ = _binary("multiply")
    __truediv__, __rtruediv__ = _binary("divide")
    __pow__, __rpow__ = _binary("power")
    __mod__, __rmod__ = _named("remainder")
    __floordiv__, __rfloordiv__ = _named("floor_divide")
    __divmod__, __rdivmod__ = _named("divmod")
    __matmul__, __rmatmul__ = _named("matmul")
    __and__, __rand__ = _named("bitwise_and")
    __or__, __ror__ = _named("bitwise_or")
    __xor__, __rxor__ = _named("bitwise_xor")
    __lt__, _ = _binary("less")
    __le__, _ = _binary("less_equal")
    __gt__, _ = _binary("greater")
    __ge__, _ = _binary("greater_equal")
    __eq__, _ = _binary("equal")
    __ne__, _ = _binary("not_equal")
    __neg__ = _unary("negative")
    __hash__ = None  # type: ignore[assignment]  # equality is traced, so a set of variables would decide branches

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return _array_function("absolute")(self)

    def __invert__(self) -> Any:
        return _array_function("invert")(self)


class Method:
    """A method of arrays, or a function that NumPy looks for on the entries of an object array.

    It stands in the tables, which are looked up where it is used.  A `__getattr__` would find it as well, but slow down
    every access to `index`, `tape` and `value`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.method: Callable[..., Any] | None = None

    def __get__(self, variable: Any, owner: type) -> Callable[..., Any]:
        if self.method is None:
            from diffcompare.expression.numpy_protocol import method_named

            self.method = method_named(self.name)
        if self.method is None or variable is None:
            raise AttributeError(f"a traced variable has no attribute {self.name}")
        return partial(self.method, variable)


_OF_ARRAYS = {name for name in dir(np.ndarray) if not name.startswith("_")}
_UFUNCS = {name for name, function in vars(np).items() if isinstance(function, np.ufunc)}
_ROWS = {name for row in PRIMITIVES.values() for name in (row.name, *row.aliases)}
for _name in _OF_ARRAYS.union(_UFUNCS, _ROWS, IN_PLACE).difference(dir(ArrayMethods)):
    setattr(ArrayMethods, _name, Method(_name))


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
