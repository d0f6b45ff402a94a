"""Reverse mode over the nodes that tensors recorded.

The sweep goes through the nodes from the last recorded to the first and asks `engines.automatic` for every adjoint.
With `create_graph` it hands over tensors in place of arrays, so that the rules, which are written with primitives,
are recorded themselves and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError
from diffcompare.autograd.grad_mode import MODE, no_grad, set_grad_enabled
from diffcompare.autograd.graph import HELD, AccumulateGrad, Adjoints, Edge, Node
from diffcompare.autograd.in_place import update
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.autograd.types import as_dtype
from diffcompare.engines.automatic import plus, pulled
from diffcompare.expression.primitives import Structural


class Found(NamedTuple):
    """What a sweep found: the adjoints at the wanted ends, and those of tensors that retain theirs; None is zero."""

    adjoints: dict[Any, Any]
    retained: list[tuple[Tensor, Any]]

    def aliased(self, seeds: Iterable[Any]) -> set[int]:
        """The arrays, by id, that more than one of the adjoints and seeds lives in."""
        seen: set[int] = set()
        twice: set[int] = set()
        for v_bar in (*self.adjoints.values(), *(v_bar for _, v_bar in self.retained), *seeds):
            memory = id(_memory(v_bar))
            (twice if memory in seen else seen).add(memory)
        return twice

    def retain(self, create_graph: bool, aliased: set[int]) -> None:
        """Add the adjoints of computed tensors to the `grad` that they retain."""
        for tensor, v_bar in self.retained:
            gather(tensor, v_bar, create_graph, aliased)


def sweep(
    seeds: list[tuple[Any, Any]], targets: list[Any] | None, retain_graph: bool | None, create_graph: bool
) -> Found:
    """Reverse mode from the last node to the first; with targets, only through the nodes that lead to them."""
    order = history([edge for edge, _ in seeds])
    needed = None if targets is None else _leading_to(targets, order)
    ends = set() if targets is None else set(targets)
    keep = create_graph if retain_graph is None else retain_graph
    found = Found({}, [])
    adjoints = Adjoints()
    for edge, seed in seeds:
        adjoints[edge] = plus(adjoints.get(edge), seed)
    owned: set[Edge] = set()
    with set_grad_enabled(create_graph):
        for node in order:
            if needed is not None and node not in needed:
                continue
            if node.gate is not None:
                node.gate(adjoints)
            v_bar = adjoints.pop(node, None)
            if node.hooks or node.keeper is not None:
                v_bar = _noticed(node, v_bar, found)
            if node in ends:
                found.adjoints[node] = v_bar
            active = [
                (k, edge)
                for k, edge in enumerate(node.edges)
                if edge is not None and (needed is None or edge in needed)
            ]
            if active:
                _pull(node, v_bar, active, adjoints, owned, create_graph)
                if not keep:
                    node.free()
        for edge, v_bar in adjoints.items():
            if isinstance(edge, AccumulateGrad) and (targets is None or edge in ends):
                found.adjoints[edge] = _hooked(edge.variable._hooks, v_bar, edge.variable)
    return found


def history(roots: Iterable[Any]) -> list[Node]:
    """The nodes that lead to the roots, last recorded first: operands are always recorded before results."""
    pending = [edge for edge in roots if isinstance(edge, Node)]
    seen = set(pending)
    while pending:
        for edge in pending.pop().edges:
            if isinstance(edge, Node) and edge not in seen:
                seen.add(edge)
                pending.append(edge)
    return sorted(seen, key=lambda node: -node.sequence)


def _leading_to(targets: list[Any], order: list[Node]) -> set[Any]:
    """The targets and the nodes from which an adjoint reaches one."""
    needed = set(targets)
    for node in reversed(order):
        if any(edge in needed for edge in node.edges if edge is not None):
            needed.add(node)
    return needed


def _pull(
    node: Node, v_bar: Any, active: list[tuple[int, Any]], adjoints: Adjoints, owned: set[Edge], create: bool
) -> None:
    """Add what each operand of a node receives; `owned` are the adjoints that nothing else refers to."""
    operands, result = _rebuilt(node) if create else node.kept()
    primitive = node.primitive
    in_place = primitive.accumulate if isinstance(primitive, Structural) and not create else None
    for k, edge in active:
        present = adjoints.get(edge)
        if v_bar is None:
            adjoints[edge] = present
        elif in_place is not None:
            if edge not in owned:
                form = operands[k]
                adjoints[edge] = np.zeros(form.shape, form.dtype) if present is None else np.array(present)
                owned.add(edge)
            in_place(adjoints[edge], v_bar)
        else:
            owned.discard(edge)
            adjoints[edge] = plus(present, pulled(primitive, k, v_bar, result, operands))


def _rebuilt(node: Node) -> tuple[tuple[Any, ...], Any]:
    """The kept values as tensors with their history, so that the rules are recorded."""
    operands, result = node.kept()
    values = [*operands, result]
    for j, versions, _ in node.watched:
        if j == HELD:
            continue
        edge = node.edges[j] if j < len(node.edges) else node
        if isinstance(edge, AccumulateGrad):
            values[j] = edge.variable
        else:
            values[j] = fresh(values[j], node=edge, versions=versions)
    return tuple(values[:-1]), values[-1]


def _noticed(node: Node, v_bar: Any, found: Found) -> Any:
    """The adjoint of a node after its hooks; it is noted where the tensor retains it."""
    v_bar = _hooked(node.hooks, v_bar, node)
    tensor = node.keeper() if node.keeper is not None else None
    if tensor is not None:
        found.retained.append((tensor, v_bar))
    return v_bar


def _hooked(hooks: dict[int, Any] | None, v_bar: Any, like: Any) -> Any:
    """An adjoint after the hooks, which see it as a tensor of their own and may give another one."""
    if not hooks:
        return v_bar
    seen = v_bar if isinstance(v_bar, Tensor) else fresh(np.array(as_tensor(v_bar, like, set())._array))
    for hook in list(hooks.values()):
        changed = hook(seen)
        seen = seen if changed is None else checked(changed, like)
    return seen if MODE.grad else np.array(seen._array)


def checked(given: Any, like: Any) -> Tensor:
    """What a hook gave for the adjoint of a tensor or node, which it must fit."""
    kind = like.dtype if isinstance(like, Node) else like._array.dtype
    if not isinstance(given, Tensor):
        raise TensorTypeError(f"a hook gives a tensor or None for an adjoint, not {type(given).__name__} {given!r:.40}")
    if given.shape != like.shape or given._array.dtype != kind:
        raise TensorError(
            f"a hook gave shape {tuple(given.shape)} and type {given.dtype} for an adjoint of shape "
            f"{tuple(like.shape)} and type {as_dtype(kind)}, and the two must agree"
        )
    return given


def gather(tensor: Tensor, v_bar: Any, create_graph: bool, aliased: set[int]) -> None:
    """Add an adjoint to the `grad` of a tensor."""
    term = as_tensor(v_bar, tensor, aliased)
    old = tensor._grad
    if old is None:
        tensor._grad = term
    elif create_graph:
        tensor._grad = old + term
    else:
        with no_grad():
            update(old, lambda total: total + term)


def as_tensor(v_bar: Any, like: Any, aliased: set[int]) -> Tensor:
    """An adjoint as a tensor, in memory of its own; zeros for None, like a tensor or a node."""
    if isinstance(v_bar, Tensor):
        return v_bar
    kind = like.dtype if isinstance(like, Node) else like._array.dtype
    if v_bar is None:
        return fresh(np.zeros(like.shape, kind))
    array = np.asarray(v_bar, kind)
    memory = _memory(array)
    own = array.flags.writeable and array.ndim and memory.size == array.size and id(memory) not in aliased
    return fresh(array if own else np.array(array))


def _memory(value: Any) -> Any:
    """The array whose memory a value lives in."""
    array = value._array if isinstance(value, Tensor) else value
    base = getattr(array, "base", None)
    return array if base is None else base
