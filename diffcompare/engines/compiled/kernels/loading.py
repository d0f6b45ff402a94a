"""Kernels as Numba compiles them, once for each text, and keeps them on disk.

IEEE semantics: every operation rounds, and nothing is reordered (no fast-math).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from diffcompare.errors import DiffCompareError

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
    """The compiled kernel: from a module of its own in the user's cache folder, where there can be one.

    Raises `DiffCompareError` where Numba is installed and cannot be imported.
    """
    try:
        importlib.import_module("numba")
    except Exception as error:
        raise DiffCompareError(f"numba cannot be imported: {' '.join(str(error).split())}") from None
    folder = _folder()
    name = f"diffcompare_kernel_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    for _ in range(0 if folder is None else 2):
        assert folder is not None
        try:
            return _from_file(folder / f"{name}.py", text.replace("cache=CACHED", "cache=True"))
        except Exception:  # a full disk, a file cut short, another Numba's: whatever it is, compiling anew will do
            _forget(folder, name)
    space: dict[str, Any] = {}
    exec(compile(text.replace("cache=CACHED", "cache=False"), "<compiled by diffcompare>", "exec"), space)
    made: Callable[..., Any] = space["kernel"]
    return made


def _from_file(path: Path, text: str) -> Callable[..., Any]:
    if not path.exists() or path.read_text() != text:
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text)
        part.replace(path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # Numba finds what it kept by the module's name
    spec.loader.exec_module(module)
    made: Callable[..., Any] = module.kernel
    return made


def _forget(folder: Path, name: str) -> None:
    """Remove what is kept of a kernel, so that a file that cannot be read is not read again."""
    for path in [*folder.glob(f"{name}*"), *folder.glob(f"__pycache__/{name}*")]:
        with suppress(OSError):
            path.unlink()


def _folder() -> Path | None:
    """A folder for compiled code that nobody else can write to; None where there is none.

    Source: XDG Base Directory Specification, by which a relative path is ignored.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "")
    try:
        folder = (base if base.is_absolute() else Path.home() / ".cache") / "diffcompare"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    theirs = hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022)
    return None if theirs or not os.access(folder, os.W_OK) else folder
