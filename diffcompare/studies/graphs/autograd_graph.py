"""The autograd DAG: the nodes that tensors recorded, the leaves they lead to, and what is frozen.

The graph of a module comes from one call of it in which everything requires a gradient; what would not otherwise is
frozen.  So the parts that autograd leaves out are shown beside those that it records.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from diffcompare.autograd.grad_mode import enable_grad, inference_mode
from diffcompare.autograd.graph import AccumulateGrad, Node, sequence
from diffcompare.autograd.nn import Module, Parameter
from diffcompare.autograd.sweep import history
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.errors import BudgetError, DiffCompareError
from diffcompare.expression.containers import leaves
from diffcompare.expression.primitives.structural import cast
from diffcompare.studies.graphs.diagram import REDUCTIONS, Box, Diagram, drops_axes

LARGEST = 10**5  # nodes


class ModuleCall(NamedTuple):
    """One call of a submodule: what it is called, the number of its first node and of the first after it."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Recording:
    """What is known of a graph beside its nodes."""

    names: dict[int, str] = field(default_factory=dict)  # of tensors, by the id of the tensor or of its array
    frozen: set[int] = field(default_factory=set)  # parameters that require no gradient otherwise, by id
    inputs: dict[Node, Box] = field(default_factory=dict)  # where the arguments of a module enter
    calls: list[ModuleCall] = field(default_factory=list)


def autograd_graph(source: Any, *inputs: Any, names: Mapping[str, Tensor] | None = None) -> Diagram:
    """The DAG behind a tensor, or behind what a module returns for `inputs`: leaves first, roots last.

    Parameters have the names that the module gives them.  The leaves behind a tensor have those of `names`, which also
    shows tensors without a gradient.  A module is called once; parameters and registered buffers stay as they are.
    Raises `DiffCompareError` where nothing was recorded, and `BudgetError` for more than 10^5 nodes.

    >>> import diffcompare as dc
    >>> import diffcompare.autograd as torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 3, bias=False), torch.nn.ReLU())
    >>> graph = dc.autograd_graph(net, torch.ones(2, 4))
    >>> [box.title for box in graph.boxes]
    ['input', '0.weight', 'TBackward0', 'MmBackward0', 'ReluBackward0']
    """
    if isinstance(source, Module):
        if names is not None:
            raise DiffCompareError("a module names its parameters itself; leave out names=, or give a tensor")
        with _everything_recorded(source, inputs) as (recording, arguments):
            return _diagram(source(*arguments), recording)
    if not isinstance(source, Tensor) or inputs:
        found = "a tensor with inputs" if isinstance(source, Tensor) else f"a {type(source).__name__}"
        raise DiffCompareError(f"{found} has no autograd graph; give a tensor alone, or a module and its inputs")
    recording = Recording()
    for name, tensor in (names or {}).items():
        recording.names |= {id(tensor): name, id(tensor.value): name}
    return _diagram(source, recording)


@contextmanager
def _everything_recorded(module: Module, inputs: Sequence[Any]) -> Iterator[tuple[Recording, list[Any]]]:
    """Until the end every parameter requires a gradient, as copies of the inputs do, and calls are noted."""
    recording = Recording()
    recording.names = {id(buffer.value): name for name, buffer in module.named_buffers()}
    recording.names |= {id(parameter): name for name, parameter in module.named_parameters()}
    frozen = [p for p in module.parameters() if not p.requires_grad and p.dtype.is_floating_point]
    recording.frozen = set(map(id, frozen))
    buffers = [(inner, dict(inner._buffers)) for inner in module.modules()]
    hooks = [hook for path, inner in module.named_modules() if path for hook in _noting(path, inner, recording.calls)]
    try:
        with inference_mode(False), enable_grad():
            for parameter in frozen:
                parameter.requires_grad = True
            yield recording, list(_entering(module, inputs, recording.inputs))
    finally:
        for parameter in frozen:
            parameter.requires_grad = False
        for inner, kept in buffers:
            inner._buffers.update(kept)
        for hook in hooks:
            hook.remove()


def _noting(path: str, module: Module, calls: list[ModuleCall]) -> list[Any]:
    """Hooks that note the calls of a submodule."""
    started: list[int] = []
    title, count = f"{path}: {type(module).__name__}", 0

    def left(*_: Any) -> None:
        nonlocal count
        count += 1
        calls.append(ModuleCall(title if count == 1 else f"{title}, call {count}", started.pop(), next(sequence)))

    entered = module.register_forward_pre_hook(lambda *_: started.append(next(sequence)))
    return [entered, module.register_forward_hook(left)]


def _entering(module: Module, inputs: Sequence[Any], found: dict[Node, Box]) -> Iterator[Any]:
    """The inputs; for a tensor of real numbers a copy that was computed from a leaf, which may be written in place."""
    known = [p.name for p in inspect.signature(module.forward).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    for k, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.dtype.is_floating_point:
            name = known[k] if k < len(known) else f"input {k + 1}"
            box = Box("", "input", name, tuple(x.shape), frozen=not x.requires_grad,
                      keeps_grad=x.requires_grad and (x.is_leaf or x._retains))  # fmt: skip
            x = cast(x.value.dtype)(fresh(x.value).requires_grad_())
            found[x.grad_fn] = box
        yield x


def _diagram(result: Any, recording: Recording) -> Diagram:
    """The boxes and arrows of what was recorded, in the order in which it was."""
    roots = {tensor.edge() for tensor in leaves(result) if isinstance(tensor, Tensor)} - {None}
    if not roots:
        raise DiffCompareError(
            "nothing was recorded: no tensor that requires a gradient leads here; use requires_grad_(), outside no_grad"
        )
    nodes = history(roots)[::-1]
    if len(nodes) > LARGEST:
        raise BudgetError(f"over budget: {len(nodes)} nodes were recorded, and a graph takes {LARGEST}")
    uses = Counter(edge for node in nodes for edge in node.edges) + Counter(roots)
    whole = {node: source for node in nodes if (source := _reduction(node, uses))}
    boxes: dict[Any, Box] = {}
    arrows: list[tuple[str, str]] = []

    def put(key: Any, box: Box) -> str:
        if key not in boxes:
            boxes[key] = replace(box, name=f"n{len(boxes)}")
        return boxes[key].name

    inner = set(whole.values())
    for node, calls in zip(nodes, _calls_of(nodes, recording.calls), strict=True):
        if node in recording.inputs:
            put(node, recording.inputs[node])
        elif node not in inner:
            source = whole.get(node, node)
            operands = [key for key, box in _operands(source, recording) if box is None or put(key, box)]
            frozen = all(boxes[key].frozen for key in operands)
            title = node.label or source.name()
            name = put(node, Box("", "operation", title, node.shape, title, calls=calls, frozen=frozen,
                                 root=node in roots, keeps_grad=node.keeper is not None))  # fmt: skip
            arrows += [(boxes[key].name, name) for key in operands]
    for leaf in roots:
        if isinstance(leaf, AccumulateGrad):
            put(id(leaf.variable), replace(_leaf(leaf.variable, recording), root=True))
    return Diagram("autograd graph", tuple(boxes.values()), tuple(arrows))


def _reduction(node: Node, uses: Counter[Any]) -> Node | None:
    """The reduction whose axes this node only drops, where nothing else uses it."""
    source = node.edges[0]
    if isinstance(source, Node) and uses[source] == 1 and source.primitive.name in REDUCTIONS:
        return source if drops_axes(node.primitive, node.shape, source.shape) else None
    return None


def _operands(node: Node, recording: Recording) -> Iterator[tuple[Any, Box | None]]:
    """What a node was computed from: nodes, leaves, and tensors without a gradient that have a name."""
    for edge, value in zip(node.edges, node.operands or [None] * len(node.edges), strict=True):
        if isinstance(edge, Node):
            yield edge, None
        elif edge is not None:
            yield id(edge.variable), _leaf(edge.variable, recording)
        else:
            name = recording.names.get(id(value)) or recording.names.get(id(getattr(value, "base", None)))
            if name is not None:
                yield name, Box("", "constant", name, value.shape, frozen=True)


def _leaf(tensor: Tensor, recording: Recording) -> Box:
    kind = "parameter" if isinstance(tensor, Parameter) else "input"
    name = recording.names.get(id(tensor)) or recording.names.get(id(tensor.value)) or type(tensor).__name__
    frozen = id(tensor) in recording.frozen
    return Box("", kind, name, tuple(tensor.shape), frozen=frozen, keeps_grad=not frozen)


def _calls_of(nodes: Sequence[Node], calls: Sequence[ModuleCall]) -> Iterator[tuple[str, ...]]:
    """The calls in which each node was recorded, outermost first."""
    pending = sorted(calls, key=lambda call: -call.start)
    within: list[ModuleCall] = []
    for node in nodes:
        while pending and pending[-1].start < node.sequence:
            within.append(pending.pop())
        within = [call for call in within if call.end > node.sequence]
        yield tuple(call.name for call in within)
