"""Which tensors have a gradient after `backward`, found by running it: leaves, computed tensors, frozen parameters."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import diffcompare.autograd as torch
from diffcompare.studies.graphs.autograd_graph import autograd_graph
from diffcompare.studies.graphs.diagram import Diagram, Shape
from diffcompare.studies.study import Study

SIZES = (4, 3, 1)  # inputs, hidden and outputs of the network, as the lecture's


@dataclass(frozen=True, slots=True)
class Kept:
    """One tensor of the network, as it is after `backward`."""

    name: str
    shape: Shape
    leaf: bool
    requires_grad: bool
    grad_fn: str  # empty for a leaf
    retained: bool  # retain_grad was called
    grad: bool  # grad is there


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the network forward and backward: its DAG, and what every tensor has afterwards."""

    diagram: Diagram
    tensors: tuple[Kept, ...]
    again: float  # the gradient of the first weights after a second run, in units of that after the first


@dataclass(frozen=True, slots=True)
class KeptGradients(Study):
    """The same network with all parameters learning, and with its last layer frozen."""

    learning: Run
    frozen: Run

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            name: {
                "graph": run.diagram.to_dict(), "again": run.again,
                "tensors": [
                    {"name": t.name, "shape": list(t.shape), "leaf": t.leaf, "requires_grad": t.requires_grad,
                     "grad_fn": t.grad_fn, "retained": t.retained, "grad": t.grad}
                    for t in run.tensors
                ],
            }
            for name, run in (("learning", self.learning), ("frozen", self.frozen))
        }  # fmt: skip


class Layer(torch.nn.Module):
    """x W, without a bias."""

    def __init__(self, weights: np.ndarray[Any, Any]) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.Tensor(weights))

    def forward(self, x: Any) -> Any:
        """The product."""
        return x @ self.weight


class Network(torch.nn.Module):
    """Two layers with ReLU between them; the result retains its gradient, the hidden values do not."""

    def __init__(self) -> None:
        super().__init__()
        random = np.random.default_rng(0)
        self.layer0, self.layer1 = (Layer(random.standard_normal(SIZES[k : k + 2])) for k in range(2))
        self.hidden: Any = None

    def forward(self, x: Any) -> Any:
        """The result."""
        self.hidden = torch.nn.functional.relu(self.layer0(x))
        z = self.layer1(self.hidden)
        z.retain_grad()
        return z


def kept_gradients() -> KeptGradients:
    """Run a network of two layers forward and backward, once as it is and once with its last layer frozen.

    >>> study = kept_gradients()
    >>> [(t.name, t.grad) for t in study.frozen.tensors]
    [('x', True), ('layer0.weight', True), ('layer1.weight', False), ('hidden', False), ('z', True)]
    """
    return KeptGradients(_run(lambda network: None), _run(lambda network: network.layer1.requires_grad_(False)))


def _run(prepare: Callable[[Network], Any]) -> Run:
    network = Network()
    prepare(network)
    x = torch.Tensor(np.random.default_rng(1).standard_normal(SIZES[0])).requires_grad_()
    z = network(x)
    z.backward()
    named = {"x": x, **dict(network.named_parameters()), "hidden": network.hidden, "z": z}
    tensors = tuple(_kept(name, tensor) for name, tensor in named.items())
    first = _norm(network.layer0.weight.grad)
    network(x).backward()
    return Run(autograd_graph(network, x), tensors, _norm(network.layer0.weight.grad) / first)


def _norm(tensor: Any) -> float:
    return float(np.linalg.norm(tensor.value))


def _kept(name: str, tensor: torch.Tensor) -> Kept:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a computed tensor has no grad is what is asked
        grad = tensor.grad is not None
    node = tensor.grad_fn
    return Kept(
        name, tuple(tensor.shape), tensor.is_leaf, tensor.requires_grad, node.name() if node else "", tensor._retains,
        grad,
    )  # fmt: skip
