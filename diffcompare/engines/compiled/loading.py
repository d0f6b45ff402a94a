"""Kernels as Numba compiles them, once for each text, and keeps them on disk.

IEEE semantics: every operation rounds, and nothing is reordered (no fast-math).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

INSTALL = "numba is not installed; pip install 'diffcompare[jit]'"
LONGEST = 2000  # operations of a program; Numba takes some ms for each


def installed() -> bool:
    """Whether there is a Numba to compile with."""
    return importlib.util.find_spec("numba") is not None


def too_long(operations: int) -> str:
    """Why a program of so many operations gets no kernel; empty where it may."""
    return f"numba would compile {operations} operations for long" if operations > LONGEST else ""


def options(fma: bool) -> str:
    """What Numba is told in a kernel's text, beside cache=CACHED; with `fma` a product and a sum may round once."""
    return 'nogil=True, error_model="numpy"' + (', fastmath={"contract"}' if fma else "")


@cache
def loaded(text: str) -> Callable[..., Any]:
    """The compiled kernel: from a module of its own in the user's cache folder, where there can be one."""
    folder = _folder()
    if folder is not None:
        try:
            return _from_file(folder, text)
        except Exception:  # a full disk, a file cut short, another Numba's: whatever it is, compiling anew will do
            pass
    space: dict[str, Any] = {}
    exec(compile(text.replace("cache=CACHED", "cache=False"), "<compiled by diffcompare>", "exec"), space)
    made: Callable[..., Any] = space["kernel"]
    return made


def _from_file(folder: Path, text: str) -> Callable[..., Any]:
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
    made: Callable[..., Any] = module.kernel
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
