"""A program of numbers for many points at once: a loop that Numba compiles.

A product and a sum round once (FMA) only where that was asked for.  Threads share the points; the one that calls does
most of the work where the others are kept waiting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompare.engines.compiled.cores import on_cores
from diffcompare.engines.compiled.kernels.loading import INSTALL, installed, loaded, options, too_long
from diffcompare.engines.compiled.numpy_code import Kernel
from diffcompare.engines.compiled.recording import Recording
from diffcompare.errors import DiffCompareError
from diffcompare.expression.code import PYTHON, Line, assignments
from diffcompare.expression.code_definitions import definitions

NOT_IN_NUMBA = frozenset({"gamma", "loggamma", "polygamma"})  # C's have other values at the poles, or none
# Those that round correctly, or not at all; of the others NumPy and C's library have other last bits.
SAME_BITS = frozenset({
    "add", "subtract", "multiply", "divide", "negative", "abs", "sqrt", "where",
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
})  # fmt: skip
PIECE, BLOCK = 9, 64  # lines of a loop, and points that go through all loops before the next
NAMES = re.compile(r"\b[xtrc]\d+\b")
CHUNK = 2**16  # points that a thread takes at a time
NUMBA = replace(PYTHON, name="python", call=lambda name, x: f"np.cbrt({x})" if name == "cbrt" else PYTHON.call(name, x))
READ_ONLY = "Array(float64, 1, 'C', readonly=True)"


def obstacle(recording: Recording) -> str:
    """Why there can be no kernel of a program; empty where there can."""
    if not installed():
        return INSTALL
    missing = sorted(_names(recording) & NOT_IN_NUMBA)
    return too_long(len(recording.graph.nodes)) or (f"numba has no {', '.join(missing)}" if missing else "")


def other_bits(recording: Recording) -> str:
    """Which operations a kernel rounds otherwise than NumPy; empty where the results are the same bits."""
    others = sorted(_names(recording) - SAME_BITS)
    return f"numba rounds {', '.join(others)} otherwise" if others else ""


def _names(recording: Recording) -> set[str]:
    return {node.primitive.name for node in recording.graph.nodes if node.primitive is not None and node.operands}


def on_threads(recording: Recording, fma: bool = False) -> Kernel:
    """The program as `kernel(inputs, results)`, arrays of shape (k,), as `on_blocks` makes one.

    Raises `DiffCompareError` where Numba is not installed, or has not all operations.
    """
    reason = obstacle(recording)
    if reason:
        raise DiffCompareError(reason)
    text = kernel_text(recording, fma)
    compiled = loaded(text)
    guarded = bool(recording.decisions)

    def kernel(inputs: Sequence[Any], results: Sequence[Any]) -> Any:
        count = len(results[0])
        held = np.ones(count, dtype=bool) if guarded else None
        arrays = [*inputs, *results, *([held] if held is not None else [])]
        nans: list[int] = []
        on_cores(lambda start, end: nans.append(compiled(*[array[start:end] for array in arrays])), count, CHUNK)
        return held, any(nans)

    vars(kernel)["source"] = text
    return kernel


def kernel_text(recording: Recording, fma: bool = False) -> str:
    """The kernel as Python text."""
    graph, count = recording.graph, recording.results
    conditions = {f"c{k}": decision for k, decision in enumerate(recording.decisions)}
    results = [f"r{k}" for k in range(count)]
    inputs = [f"x{k}" for k in range(len(graph.names))]
    named = [*zip(conditions, graph.outputs[count:], strict=True), *zip(results, graph.outputs[:count], strict=True)]
    body = _loops(assignments(graph, NUMBA, inputs, named)[0], inputs, conditions)
    parameters = [*(f"a{name}" for name in (*inputs, *results)), *(["held"] if conditions else [])]
    types = [READ_ONLY] * len(inputs) + ["float64[::1]"] * count + ["boolean[::1]"] * bool(conditions)
    own = definitions("python", {node.primitive.name for node in graph.nodes if node.primitive is not None})
    helpers = "".join(f"@njit({options(fma)})\n{text}\n\n\n" for text in own)
    return (
        "import math\n\nimport numpy as np\nfrom numba import njit\n\n\n" + helpers
        + f'@njit("int64({", ".join(types)})", {options(fma)}, cache=CACHED)\n'
        + f"def kernel({', '.join(parameters)}):\n{body}    return nans\n"
    )  # fmt: skip


def _loops(lines: Sequence[Line], inputs: Sequence[str], conditions: Mapping[str, bool]) -> str:
    """Loops over the points, each with a piece of the program.

    A core looks a few hundred operations ahead: in one long loop that is few points, and it waits for each operation
    of a chain.  In short ones it has many points under way; what one piece hands to another stays in the L1 cache.
    """
    pieces = [lines[k : k + PIECE] for k in range(0, len(lines), PIECE)]
    made = {line.name: k for k, piece in enumerate(pieces) for line in piece}
    used = [{name for line in piece for name in NAMES.findall(line.formula)} for piece in pieces]
    last = {name: k for k, names in enumerate(used) for name in names}
    kept = [name for name, k in made.items() if last.get(name, k) > k]
    place = {name: k for k, name in enumerate(kept)}
    text = [f"kept = np.empty({BLOCK * len(kept)})", "nans = 0", f"for start in range(0, len(ar0), {BLOCK}):"]
    text.append(f"    points = min({BLOCK}, len(ar0) - start)")
    arrays = [*inputs, *(name for name in made if name.startswith("r"))]
    text += [f"    b{name} = a{name}[start : start + points]" for name in arrays]
    text += ["    holds = held[start : start + points]"] * bool(conditions)
    for k, piece in enumerate(pieces):
        text.append("    for i in range(points):")
        text += [f"        {name} = b{name}[i]" for name in inputs if name in used[k]]
        handed = [name for name in kept if name in used[k] and made[name] < k]
        text += [f"        {name} = kept[{place[name] * BLOCK} + i]" for name in handed]
        for name, formula in piece:
            text.append(f"        {name} = {formula}")
            if name in conditions:
                text.append(f"        holds[i] &= {'' if conditions[name] else 'not '}{name}")
            elif name.startswith("r"):
                text += [f"        b{name}[i] = {name}", f"        nans += 1 if {name} != {name} else 0"]
            if name in place:
                text.append(f"        kept[{place[name] * BLOCK} + i] = {name}")
    return "".join(f"    {line}\n" for line in text)
