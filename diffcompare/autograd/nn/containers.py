"""Modules made of modules, and lists and dictionaries of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import index
from typing import Any, Self

from diffcompare.autograd.errors import TensorIndexError, TensorTypeError
from diffcompare.autograd.nn.module import Module, _indented
from diffcompare.autograd.nn.parameter import as_parameter


class Registered(Module):
    """What a container holds: the common part of lists and dictionaries."""

    _kind = "_modules"

    def _items(self) -> dict[str, Any]:
        items: dict[str, Any] = self.__dict__[self._kind]
        return items

    def __len__(self) -> int:
        return len(self._items())


class Numbered(Registered):
    """What is registered under 0, 1, 2, ...: the common part of the lists."""

    def _wanted(self, value: Any) -> Any:
        if not isinstance(value, Module):
            raise TensorTypeError(f"{type(self).__name__} holds modules, and {type(value).__name__} is none")
        return value

    def _refill(self, values: Iterable[Any]) -> None:
        kept = [self._wanted(value) for value in values]
        self._items().clear()
        self._items().update({str(i): value for i, value in enumerate(kept)})

    def _place(self, i: int) -> str:
        try:
            return str(range(len(self))[index(i)])
        except TypeError as error:
            raise TensorTypeError(f"{type(self).__name__} is indexed by whole numbers, not {i!r:.40}") from error
        except IndexError as error:
            raise TensorIndexError(f"{type(self).__name__} has {len(self)} parts, and none at {i}") from error

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items().values())

    def __getitem__(self, i: int | slice) -> Any:
        if isinstance(i, slice):
            part = type(self)()
            part._refill(list(self)[i])
            return part
        return list(self)[int(self._place(i))]

    def __setitem__(self, i: int, value: Any) -> None:
        self._items()[list(self._items())[int(self._place(i))]] = self._wanted(value)

    def __delitem__(self, i: int | slice) -> None:
        values = list(self)
        del values[i if isinstance(i, slice) else int(self._place(i))]
        self._refill(values)

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def append(self, value: Any) -> Self:
        """Put one at the end."""
        self._items()[str(len(self))] = self._wanted(value)
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Put several at the end."""
        for value in values:
            self.append(value)
        return self

    def insert(self, i: int, value: Any) -> Self:
        """Put one before place i."""
        values = list(self)
        values.insert(i, value)
        self._refill(values)
        return self


class Modules(Numbered):
    """Modules in order: what a sequence and a list of them have in common."""

    def __add__(self, others: Iterable[Module]) -> Self:
        return type(self)().extend(self).extend(others)

    def pop(self, i: int) -> Module:
        """Take one out."""
        module: Module = self[i]
        del self[i]
        return module


class Sequential(Modules):
    """Modules one after the other: each gets what the one before gives.

    >>> from diffcompare.autograd import nn
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> len(net), net[-1]
    (3, Linear(in_features=3, out_features=1, bias=True))
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self._refill(modules)

    def __getitem__(self, i: int | slice) -> Any:
        return type(self)(dict(list(self._modules.items())[i])) if isinstance(i, slice) else super().__getitem__(i)

    def forward(self, input: Any) -> Any:
        """Through all modules in order."""
        for module in self:
            input = module(input)
        return input


class ModuleList(Modules):
    """Modules in a list."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self._refill(modules)

    def __repr__(self) -> str:
        if not len(self):
            return "ModuleList()"
        lines, i = [], 0
        for text, run in groupby(map(repr, self)):
            n = len(list(run))
            lines.append(_indented(f"({i}): {text}" if n == 1 else f"({i}-{i + n - 1}): {n} x {text}"))
            i += n
        return "ModuleList(\n  " + "\n  ".join(lines) + "\n)"


class Named(Registered):
    """What is registered under names: the common part of the dictionaries."""

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __contains__(self, name: str) -> bool:
        return name in self._items()

    def __getitem__(self, name: str) -> Any:
        return self._items()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.add_module(name, value)

    def __delitem__(self, name: str) -> None:
        del self._items()[name]

    def update(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add those of a dictionary, or of pairs of a name and a value."""
        for name, value in values.items() if isinstance(values, Mapping) else values:
            self[name] = value

    def pop(self, name: str) -> Any:
        """Take one out."""
        return self._items().pop(name)

    def clear(self) -> None:
        """Take all out."""
        self._items().clear()

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._items().keys()

    def values(self) -> Iterable[Any]:
        """What is registered."""
        return self._items().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Pairs of a name and what is registered under it."""
        return self._items().items()


class ModuleDict(Named):
    """Modules in a dictionary."""


class ParameterList(Numbered):
    """Parameters in a list; a tensor becomes a parameter."""

    _kind = "_parameters"
    _wanted = staticmethod(as_parameter)

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self._refill(values)

    def __repr__(self) -> str:
        return _listed("ParameterList", {name: p.summary(str(p.dtype)) for name, p in self._items().items()})


class ParameterDict(Named):
    """Parameters in a dictionary; a tensor becomes a parameter."""

    _kind = "_parameters"

    def __setitem__(self, name: str, value: Any) -> None:
        self.register_parameter(name, as_parameter(value))

    def get(self, name: str, default: Any = None) -> Any:
        """The one of that name, or else the default."""
        return self._items().get(name, default)

    def __repr__(self) -> str:
        return _listed("ParameterDict", {name: p.summary(p.type()) for name, p in self._items().items()})


def _listed(name: str, parts: dict[str, str]) -> str:
    lines = [f"    ({key}): {text}" for key, text in parts.items()]
    return f"{name}(\n" + "\n".join(lines) + "\n)" if lines else f"{name}()"
