"""`backward` and `grad`: where reverse mode over the recorded nodes starts, and where its adjoints go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError, TensorValueError
from diffcompare.autograd.sweep import as_tensor, gather, sweep
from diffcompare.autograd.tensors import Tensor, fresh


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the adjoints of the leaves to their `grad`, for adjoints `grad_tensors` of the given tensors.

    An adjoint may be left out for a tensor of one entry: it is 1.  Raises `TensorError` where a tensor has no history,
    where its history was freed by an earlier `backward` without `retain_graph`, and where a value that it needs was
    changed in place.  No `grad` changes where it raises.

    Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, Section 3.2.

    >>> import diffcompare.autograd as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> backward(x * x)
    >>> x.grad
    tensor(6.)
    """
    wanted = None if inputs is None else _listed(inputs)
    if wanted is not None and not wanted:
        raise TensorError("inputs is empty: name the tensors whose grad is wanted, or leave inputs out")
    seeds = _seeds(_listed(tensors), grad_tensors, create_graph)
    found = sweep(seeds, None if wanted is None else list(map(_edge, wanted)), retain_graph, create_graph)
    aliased = found.aliased(seed for _, seed in seeds)
    for edge, v_bar in found.adjoints.items():
        tensors = [x for x in wanted if x.edge() is edge] if wanted is not None else [edge.variable]
        for tensor in tensors:
            gather(tensor, v_bar, create_graph, aliased)
    found.retain(create_graph, aliased)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The adjoints of the inputs, for adjoints `grad_outputs` of the outputs, each of the input's shape.

    Where `create_graph`, they are recorded and can be differentiated again.  For an input that no output depends on:
    zeros where `materialize_grads`, None where `allow_unused`, and otherwise `TensorError`.

    >>> import diffcompare.autograd as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (slope,) = grad(x**3, x, create_graph=True)
    >>> slope, grad(slope, x)
    (tensor(27., grad_fn=<MulBackward0>), (tensor(18.),))
    """
    if materialize_grads and allow_unused is False:
        raise TensorValueError("materialize_grads allows inputs that no output depends on; leave allow_unused out")
    wanted = _listed(inputs)
    seeds = _seeds(_listed(outputs), grad_outputs, create_graph)
    edges = list(map(_edge, wanted))
    found = sweep(seeds, edges, retain_graph, create_graph)
    unused = [i for i, edge in enumerate(edges) if edge not in found.adjoints]
    if unused and not (allow_unused or materialize_grads):
        raise TensorError(
            f"no output depends on input {unused[0]}; allow_unused=True answers None for it, materialize_grads=True "
            "zeros"
        )
    aliased = found.aliased(seed for _, seed in seeds)
    found.retain(create_graph, aliased)
    return tuple(
        as_tensor(found.adjoints.get(edge), x, aliased) if edge in found.adjoints or materialize_grads else None
        for x, edge in zip(wanted, edges, strict=True)
    )


def _seeds(tensors: list[Tensor], grads: Any, create_graph: bool) -> list[tuple[Any, Any]]:
    """Where the sweep starts, with the adjoints it starts from."""
    given = [None] * len(tensors) if grads is None else _listed(grads)
    if len(given) != len(tensors):
        raise TensorError(f"{len(given)} adjoints for {len(tensors)} tensors")
    seeds = []
    for i, (tensor, seed) in enumerate(zip(tensors, given, strict=True)):
        if seed is None and tensor._array.size != 1:
            raise TensorError(
                f"tensor {i} has shape {tuple(tensor.shape)}: only one of a single entry has a gradient; give its "
                "adjoint, y.backward(gradient), or sum it first"
            )
        if seed is None:
            seed = fresh(np.ones(tensor._array.shape, tensor._array.dtype))
        if not isinstance(seed, Tensor):
            raise TensorTypeError(f"the adjoint of tensor {i} is a tensor or None, not {type(seed).__name__}")
        if seed.shape != tensor.shape:
            raise TensorError(
                f"the adjoint of tensor {i} has shape {tuple(seed.shape)}, the tensor {tuple(tensor.shape)}"
            )
        seeds.append((_edge(tensor), seed if create_graph else seed._array))
    return seeds


def _edge(tensor: Tensor) -> Any:
    edge = tensor.edge()
    if edge is None:
        raise TensorError(
            f"a tensor of shape {tuple(tensor.shape)} requires no gradient and was not recorded; create it with "
            "requires_grad=True, and compute with it outside no_grad and inference mode"
        )
    return edge


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if tensors is None or isinstance(tensors, Tensor) else list(tensors)
