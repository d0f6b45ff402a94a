"""A program of numbers for many points at once: a loop that Numba compiles, once for each text, and keeps on disk.

IEEE semantics: no fast-math, and a product and a sum round once (FMA) only where that was asked for.  Threads share
the points; the one that calls does most of the work where the others are kept waiting.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from diffcompare.engines.compiled.numpy_code import Kernel
from diffcompare.engines.compiled.recording import Recording
from diffcompare.errors import DiffCompareError
from diffcompare.expression.code import PYTHON, TRUTH, assignments, is_condition
from diffcompare.expression.code_definitions import definitions

INSTALL = "numba is not installed; pip install 'diffcompare[jit]'"
NOT_IN_NUMBA = frozenset({"gamma", "loggamma", "polygamma"})  # C's have other values at the poles, or none
CHUNK = 2**16  # points that a thread takes at a time
NUMBA = replace(PYTHON, name="python", call=lambda name, x: f"np.cbrt({x})" if name == "cbrt" else PYTHON.call(name, x))
READ_ONLY = "Array(float64, 1, 'C', readonly=True)"
OPTIONS = 'nogil=True, error_model="numpy"'


def obstacle(recording: Recording) -> str:
    """Why there can be no kernel of a program; empty where there can."""
    if importlib.util.find_spec("numba") is None:
        return INSTALL
    names = {node.primitive.name for node in recording.graph.nodes if node.primitive is not None}
    missing = sorted(names & NOT_IN_NUMBA)
    return f"numba has no {', '.join(missing)}" if missing else ""


def on_threads(recording: Recording, fma: bool = False) -> Kernel:
    """The program as `kernel(inputs, results)`, arrays of shape (k,), as `on_blocks` makes one.

    Raises `DiffCompareError` where Numba is not installed, or has not all operations.
    """
    reason = obstacle(recording)
    if reason:
        raise DiffCompareError(reason)
    text = kernel_text(recording, fma)
    compiled = _loaded(text)
    guarded = bool(recording.decisions)

    def kernel(inputs: Sequence[Any], results: Sequence[Any]) -> Any:
        count = len(results[0])
        held = np.empty(count, dtype=bool) if guarded else None
        arrays = [*inputs, *results, *([held] if held is not None else [])]
        starts = iter(range(0, count, CHUNK))
        nans: list[int] = []

        def work(starts: Iterator[int]) -> None:
            for start in starts:
                nans.append(compiled(*[array[start : start + CHUNK] for array in arrays]))

        others = [_threads().submit(work, starts) for _ in range(min(_cores(), -(-count // CHUNK)) - 1)]
        work(starts)
        for other in others:
            if not other.cancel():  # it has begun
                other.result()
        return held, any(nans)

    vars(kernel)["source"] = text
    return kernel


def kernel_text(recording: Recording, fma: bool = False) -> str:
    """The kernel as Python text."""
    graph, count = recording.graph, recording.results
    conditions = [f"c{k}" for k in range(len(recording.decisions))]
    results = [f"r{k}" for k in range(count)]
    inputs = [f"x{k}" for k in range(len(graph.names))]
    named = list(zip([*conditions, *results], [*graph.outputs[count:], *graph.outputs[:count]], strict=True))
    of = dict(named)
    lines = [f"{name} = a{name}[i]" for name in inputs]
    for name, formula in assignments(graph, NUMBA, inputs, named)[0]:
        truth = name in results and is_condition(graph.nodes[of[name]].value)
        lines.append(f"{name} = {TRUTH['python'].format(formula) if truth else formula}")
    lines += [f"a{name}[i] = {name}" for name in results]
    lines.append(f"nans += 1 if {' or '.join(f'{name} != {name}' for name in results)} else 0")
    if conditions:
        decided = zip(conditions, recording.decisions, strict=True)
        lines.append(f"held[i] = {' and '.join(name if decision else f'not {name}' for name, decision in decided)}")
    parameters = [*(f"a{name}" for name in (*inputs, *results)), *(["held"] if conditions else [])]
    types = [READ_ONLY] * len(inputs) + ["float64[::1]"] * count + ["boolean[::1]"] * bool(conditions)
    options = OPTIONS + (', fastmath={"contract"}' if fma else "")
    own = definitions("python", {node.primitive.name for node in graph.nodes if node.primitive is not None})
    helpers = "".join(f"@njit({options})\n{text}\n\n\n" for text in own)
    body = "".join(f"        {line}\n" for line in lines)
    return (
        "import math\n\nimport numpy as np\nfrom numba import njit\n\n\n" + helpers
        + f'@njit("int64({", ".join(types)})", {options}, cache=CACHED)\n'
        + f"def kernel({', '.join(parameters)}):\n    nans = 0\n    for i in range(len(a{results[0]})):\n{body}"
        "    return nans\n"
    )  # fmt: skip


@cache
def _loaded(text: str) -> Callable[..., int]:
    """The compiled kernel: from a module of its own in the user's cache folder, where there can be one."""
    folder = _folder()
    if folder is not None:
        try:
            return _from_file(folder, text)
        except Exception:  # a full disk, a file cut short, another Numba's: whatever it is, compiling anew will do
            pass
    space: dict[str, Any] = {}
    exec(compile(text.replace("cache=CACHED", "cache=False"), "<compiled by diffcompare>", "exec"), space)
    made: Callable[..., int] = space["kernel"]
    return made


def _from_file(folder: Path, text: str) -> Callable[..., int]:
    text = text.replace("cache=CACHED", "cache=True")
    name = f"diffcompare_kernel_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    path = folder / f"{name}.py"
    if not path.exists() or path.read_text() != text:
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text)
        part.replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Numba finds what it kept by the module's name
    spec.loader.exec_module(module)
    made: Callable[..., int] = module.kernel
    return made


def _folder() -> Path | None:
    """A folder for compiled code that nobody else can write to; None where there is none."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "diffcompare"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    theirs = hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022)
    return None if theirs or not os.access(folder, os.W_OK) else folder


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(_cores() - 1, 1), "diffcompare")


@cache
def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
