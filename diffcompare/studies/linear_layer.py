"""The linear layer Y = XW without its Jacobian: shapes, bytes, and dL/dX and dL/dW verified three ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.engines.operators import grad, jacobian, vjp
from diffcompare.engines.stencil import SCHEMES
from diffcompare.engines.step import textbook
from diffcompare.errors import DiffCompareError
from diffcompare.studies.layer_derivation import DerivationStep, layer_derivation
from diffcompare.studies.peak_memory import with_peak
from diffcompare.studies.study import Study

BYTES = 4  # of a float32, the number type of the lecture's network
SMALL = (4, 3, 2)  # batch, inputs, outputs at most where the Jacobian is built
FEATURES, CLASSES = 784, 10  # of the lecture's network around the layer
LARGEST = 10**8  # entries of X, W or Y

Shape = tuple[int, ...]
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Verification:
    """One way to check the two formulas: the largest difference found, and what it was compared with."""

    way: str
    difference: dict[str, float]


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one backward pass as measured, and of the Jacobians that it does not need as computed.

    `built` is the measured peak of building both Jacobians at the small sizes, `small` what they weigh there.
    """

    backward: int
    jacobians: dict[str, int]
    small: int
    built: int


@dataclass(frozen=True, slots=True)
class LinearLayer(Study):
    """The layer's shapes and weights, the derivation of its two gradients, and how they were verified."""

    shapes: dict[str, Shape]
    gradient_bytes: dict[str, int]
    memory: Memory
    derivation: tuple[DerivationStep, ...]
    verifications: tuple[Verification, ...]
    difference: dict[str, float]  # the lecture's two sums of absolute differences, on its network

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "shapes": {name: list(shape) for name, shape in self.shapes.items()},
            "jacobian_bytes": self.memory.jacobians,
            "gradient_bytes": self.gradient_bytes,
            "difference": self.difference,
            "measured_bytes": {
                "backward": self.memory.backward,
                "small_jacobians": self.memory.small,
                "building_them": self.memory.built,
            },
            "verifications": [{"way": v.way, "difference": v.difference} for v in self.verifications],
            "derivation": [{"what": step.what, "formula": step.formula.text} for step in self.derivation],
        }


def linear(batch: int = 64, inputs: int = 512, outputs: int = 512) -> LinearLayer:
    """The layer Y = XW with X of shape (batch, inputs) and W of shape (inputs, outputs), in float32.

    The default is the middle layer of the lecture's network.  Raises `DiffCompareError` for sizes that are not
    positive whole numbers, or beyond 10^8 entries.

    >>> import diffcompare as dc
    >>> layer = dc.linear(8, 4, 3)
    >>> layer.shapes["dY_dW"], layer.difference
    ((24, 12), {'dX': 0.0, 'dW': 0.0})
    """
    for name, size in (("batch", batch), ("inputs", inputs), ("outputs", outputs)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise DiffCompareError(f"{name} = {size} is no size; write a whole number of at least 1")
    if max(batch * inputs, inputs * outputs, batch * outputs) > LARGEST:
        raise DiffCompareError(f"the layer has more than {LARGEST} entries in one of its matrices; write smaller sizes")
    shapes: dict[str, Shape] = {
        "X": (batch, inputs), "W": (inputs, outputs), "Y": (batch, outputs), "dX": (batch, inputs),
        "dW": (inputs, outputs), "dY_dX": (batch * outputs, batch * inputs),
        "dY_dW": (batch * outputs, inputs * outputs),
    }  # fmt: skip
    small = tuple(map(min, SMALL, (batch, inputs, outputs)))
    x, w, y_bar = _example(batch, inputs, outputs)
    return LinearLayer(
        shapes,
        {name: BYTES * shapes[name][0] * shapes[name][1] for name in ("dX", "dW")},
        _memory(x, w, y_bar, shapes, small),
        layer_derivation(),
        (_against_the_jacobian(*small), _against_differences(x, w, y_bar)),
        _on_the_network(batch, inputs, outputs),
    )


def layer(x: Any, w: Any) -> Any:
    """The forward computation."""
    return x @ w


def _example(batch: int, inputs: int, outputs: int) -> tuple[Array, Array, Array]:
    """Random X, W and dL/dY, the same in every run."""
    random = np.random.default_rng(0)
    shapes = (batch, inputs), (inputs, outputs), (batch, outputs)
    x, w, y_bar = (random.standard_normal(shape).astype(np.float32) for shape in shapes)
    return x, w, y_bar


def _against_the_jacobian(batch: int, inputs: int, outputs: int) -> Verification:
    """dL/dY times the Jacobian that forward mode builds column by column, at small sizes, in float64."""
    x, w, y_bar = (array.astype(float) for array in _example(batch, inputs, outputs))
    by_x, by_w = jacobian(layer, (0, 1), "forward")(x, w)
    difference = {
        "dX": _largest(np.tensordot(y_bar, by_x, 2) - y_bar @ w.T),
        "dW": _largest(np.tensordot(y_bar, by_w, 2) - x.T @ y_bar),
    }
    return Verification(f"the Jacobian built at {batch} x {inputs} x {outputs}", difference)


def _against_differences(x: Array, w: Array, y_bar: Array) -> Verification:
    """The slope of L along one random direction by a central difference, beside the gradient's; relative."""
    x, w, y_bar = (array.astype(float) for array in (x, w, y_bar))
    random = np.random.default_rng(1)
    scheme = SCHEMES["central"]
    found = {}
    for name, array, gradient in (("dX", x, y_bar @ w.T), ("dW", w, x.T @ y_bar)):
        direction: Array = np.asarray(random.standard_normal(array.shape))
        h = textbook(1.0, scheme).h

        moves = [float(offset) * h * direction for offset in scheme.offsets]
        losses = [float(np.sum(y_bar * (layer(x + m, w) if name == "dX" else layer(x, w + m)))) for m in moves]
        slope = scheme.estimate(losses, h)
        size = float(np.linalg.norm(gradient) * np.linalg.norm(direction))
        found[name] = abs(slope - float(np.sum(gradient * direction))) / size
    return Verification("central differences along a random direction, relative", found)


def _on_the_network(batch: int, inputs: int, outputs: int) -> dict[str, float]:
    """The lecture's two sums: dL/dX - dL/dY Wᵀ and dL/dW - Xᵀ dL/dY inside a network of three layers with ReLU."""
    random = np.random.default_rng(2)
    images = random.standard_normal((batch, FEATURES)).astype(np.float32)
    labels = random.integers(0, CLASSES, batch)
    sizes = (FEATURES, inputs), (inputs, outputs), (outputs, CLASSES)
    w1, w2, w3 = (random.uniform(-1, 1, size).astype(np.float32) / np.float32(np.sqrt(size[0])) for size in sizes)
    x = np.maximum(images @ w1, 0)

    def after(y: Any) -> Any:
        return cross_entropy(np.maximum(y, 0) @ w3, labels)

    y_bar = grad(after)(layer(x, w2))
    x_bar, w_bar = grad(lambda x, w: after(layer(x, w)), (0, 1))(x, w2)
    return {"dX": float(np.sum(np.abs(x_bar - y_bar @ w2.T))), "dW": float(np.sum(np.abs(w_bar - x.T @ y_bar)))}


def cross_entropy(logits: Any, labels: Array) -> Any:
    """The mean of -log softmax at the labels, with the largest logit subtracted first so that nothing overflows."""
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - chosen)


def _memory(x: Array, w: Array, y_bar: Array, shapes: dict[str, Shape], small: Shape) -> Memory:
    computed = {name: BYTES * shapes[name][0] * shapes[name][1] for name in ("dY_dX", "dY_dW")}
    tiny = tuple(array.astype(float) for array in _example(*small)[:2])
    weigh = sum(part.nbytes for part in jacobian(layer, (0, 1), "forward")(*tiny))
    return Memory(
        _peak(lambda: vjp(layer, (0, 1))(x, w)(y_bar)), computed, weigh,
        _peak(lambda: jacobian(layer, (0, 1), "forward")(*tiny)),
    )  # fmt: skip


def _peak(work: Callable[[], Any]) -> int:
    """The most memory in bytes that some work held at once."""
    work()  # what is imported or cached at the first call is not of the work
    return with_peak(work)[1]


def _largest(difference: Array) -> float:
    return float(np.max(np.abs(difference)))
