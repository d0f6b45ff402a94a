"""The three grad modes on the lecture's Net3: time, peak memory, what was recorded, what may be used later."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from typing import Any, NamedTuple

import numpy as np

import diffcompare.autograd as torch
from diffcompare.autograd import nn
from diffcompare.autograd.errors import TensorError
from diffcompare.autograd.graph import Node
from diffcompare.errors import DiffCompareError
from diffcompare.studies.peak_memory import with_peak
from diffcompare.studies.study import Study

MODES: dict[str, Callable[[], Any]] = {
    "default": nullcontext,
    "no-grad": torch.no_grad,
    "inference": torch.inference_mode,
}


class Size(NamedTuple):
    """The lengths of Net3's axes."""

    batch: int
    inputs: int
    hidden: int


SIZES = {"small": Size(64, 256, 512), "lecture": Size(256, 4096, 8192)}
TURNS, SECONDS = 51, 1.0  # of the measurement of time, whichever comes first, after three turns


@dataclass(frozen=True, slots=True)
class ModeRow:
    """One forward pass in one mode."""

    mode: str
    times: tuple[float, ...]  # in seconds, of every turn
    ratio_to_default: float  # of the times, turn by turn; the median
    peak_bytes: int
    operations: int  # that the graph of the result holds
    usable_later: bool
    reason: str  # why the result is not usable later

    @property
    def seconds(self) -> float:
        """The median time."""
        return median(self.times)

    @property
    def middle_half(self) -> tuple[float, float]:
        """The quartiles of the times: half of the turns took no less and no more."""
        low, _, high = quantiles(self.times, n=4, method="inclusive")
        return low, high

    @property
    def recorded(self) -> bool:
        """Whether the result has a graph."""
        return self.operations > 0


@dataclass(frozen=True, slots=True)
class Difference:
    """What tells the modes apart, how it was tried on a result of each, and the modes of which it turned out true."""

    what: str
    tried: str
    modes: frozenset[str]


@dataclass(frozen=True, slots=True)
class GradModes(Study):
    """The modes side by side on one network, and their differences, each found by trying it."""

    size: str
    rows: tuple[ModeRow, ...]
    differences: tuple[Difference, ...]

    @property
    def dimensions(self) -> Size:
        """The lengths of the network's axes."""
        return SIZES[self.size]

    @property
    def turns(self) -> int:
        """How often each mode was timed."""
        return len(self.rows[0].times)

    @property
    def layer_bytes(self) -> int:
        """What the output of one hidden layer weighs: the measure of the peaks."""
        return np.dtype(np.float32).itemsize * self.dimensions.batch * self.dimensions.hidden

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        fields = (
            "mode", "seconds", "ratio_to_default", "peak_bytes", "recorded", "operations", "usable_later", "reason",
        )  # fmt: skip
        return {
            "size": self.size,
            **self.dimensions._asdict(),
            "turns": self.turns,
            "layer_bytes": self.layer_bytes,
            "rows": [{name: getattr(row, name) for name in fields} for row in self.rows],
            "differences": [
                {"what": one.what, "tried": one.tried, **{mode: mode in one.modes for mode in MODES}}
                for one in self.differences
            ],
        }


def modes(size: str = "small") -> GradModes:
    """One forward pass of the lecture's Net3 in the default, the no-grad and the inference mode, in float32.

    `size` is "small", a few milliseconds, or "lecture": 256 inputs of 4096 entries and hidden layers of 8192, which
    takes about 0.8 GB and 13 passes of about a second.  Seconds are the median of turns that the modes take in
    rotation; bytes are the peak of one more pass, beyond the network and its input, without the workspace of BLAS.
    Raises `DiffCompareError` for another size, or where there is no room for the network.

    >>> import diffcompare as dc
    >>> [(row.mode, row.recorded, row.usable_later) for row in dc.modes().rows]
    [('default', True, True), ('no-grad', False, True), ('inference', False, False)]
    """
    if size not in tuple(SIZES):
        raise DiffCompareError(f"there is no size {size!r}; write {' or '.join(SIZES)}")
    try:
        with torch.inference_mode(False):  # the default mode, whatever mode the caller is in
            return GradModes(size, _compared(SIZES[size]), _differences())
    except MemoryError:
        raise DiffCompareError(f"there is no room in memory for the network of the size {size}; write small") from None


class Product(nn.Module):
    """x W with a normally distributed W of shape (inputs, outputs)."""

    def __init__(self, random: np.random.Generator, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_normal(random, inputs, outputs))

    def forward(self, x: torch.Tensor) -> Any:
        """The product."""
        return torch.matmul(x, self.weight)


def net3(random: np.random.Generator, inputs: int, hidden: int) -> nn.Module:
    """Four products with a ReLU between each two; the last one has a single output."""
    layers = [layer for n in (inputs, hidden, hidden) for layer in (Product(random, n, hidden), nn.ReLU())]
    return nn.Sequential(*layers, Product(random, hidden, 1))


def _normal(random: np.random.Generator, *shape: int) -> Any:
    """Numbers of a generator of its own: the seed that somebody gave to `manual_seed` is none of our business."""
    return torch.from_numpy(random.standard_normal(shape, dtype=np.float32))


def _compared(size: Size) -> tuple[ModeRow, ...]:
    random = np.random.default_rng(0)
    net, x = net3(random, size.inputs, size.hidden), _normal(random, size.batch, size.inputs)

    def forward(mode: str) -> Any:
        with MODES[mode]():
            return net(x)

    times = _times(forward)
    rows = []
    for mode in MODES:
        result, peak = with_peak(partial(forward, mode))
        ratio = median(t / default for t, default in zip(times[mode], times["default"], strict=True))
        reason = _why_unusable(result)
        rows.append(ModeRow(mode, tuple(times[mode]), ratio, peak, _recorded(result), not reason, reason))
    return tuple(rows)


def _times(forward: Callable[[str], Any]) -> dict[str, list[float]]:
    """Seconds of every mode in every turn; each mode is first, second and last in its turn equally often."""
    names = list(MODES)
    times: dict[str, list[float]] = {mode: [] for mode in names}
    forward(names[0])  # the first pass of all pays for what is cached
    begun = time.perf_counter()
    while not (turns := len(times[names[0]])) or (turns < TURNS and time.perf_counter() - begun < SECONDS):
        for first in range(len(names)):
            for mode in names[first:] + names[:first]:
                start = time.perf_counter()
                result = forward(mode)
                times[mode].append(time.perf_counter() - start)
                del result  # a graph is freed outside the time of the next mode
    return times


def _recorded(result: torch.Tensor) -> int:
    """The operations that lead to a tensor, counted by walking through its graph."""
    seen: set[Node] = set()
    pending: list[Any] = [result.grad_fn]
    while pending:
        node = pending.pop()
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            pending.extend(edge for edge, _ in node.next_functions)
    return len(seen)


def _why_unusable(result: torch.Tensor) -> str:
    """Multiply a tensor by a parameter, and differentiate: the error's words, or nothing where the gradient is right.

    The gradient of the sum of z w by w is z.
    """
    w = nn.Parameter(torch.ones(result.shape))
    try:
        (gradient,) = torch.autograd.grad((result * w).sum(), w)
    except TensorError as error:
        return str(error)
    return "" if torch.equal(gradient, result) else "the gradient is wrong"


def _differences() -> tuple[Difference, ...]:
    return tuple(
        Difference(what, how, frozenset(mode for mode, switch in MODES.items() if holds(switch)))
        for what, how, holds in (
            ("operations stay out of the backward graph", "it has no grad_fn", _leaves_no_graph),
            ("further tracking overhead is skipped", "a write into it counts no version", _counts_no_version),
            ("results may enter the graph later", "a product with it has the right gradient", _enters_the_graph),
        )
    )


def _doubled() -> Any:
    return nn.Parameter(torch.ones(3)) * 2


def _leaves_no_graph(switch: Callable[[], Any]) -> bool:
    with switch():
        return _doubled().grad_fn is None


def _counts_no_version(switch: Callable[[], Any]) -> bool:
    with switch():
        y = _doubled()
        y.add_(1)
        try:
            return bool(y._version == 0)
        except TensorError:  # there is no counter at all
            return True


def _enters_the_graph(switch: Callable[[], Any]) -> bool:
    with switch():
        y = _doubled()
    return not _why_unusable(y)
