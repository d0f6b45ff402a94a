"""The machine that measured: processor, cores, load, Python and the libraries that took part."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "scipy", "sympy", "python-flint", "mpmath", "numba", "jax", "torch", "autograd")
CPU_FACTS = Path("/proc/cpuinfo")  # where Linux says what Python's platform module leaves out


def machine() -> dict[str, Any]:
    """What a ratio of times depends on; libraries that are not installed are left out.

    >>> sorted(machine())
    ['cores', 'cpu', 'libraries', 'load', 'python', 'system']
    """
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,  # processes that wanted a core, of late
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def _processor() -> str:
    if CPU_FACTS.is_file():
        for line in CPU_FACTS.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
