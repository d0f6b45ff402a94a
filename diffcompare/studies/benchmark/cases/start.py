"""What a command takes from its start to its end, beside a Python that only imports what the command cannot do without."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from diffcompare.studies.benchmark.case import Case, Claim, Way

ALLOWED = 1.3
LECTURE = ("ln(x1) + x1*x2 - sin(x2)", "--at", "x1=2,x2=5")


def _process(*arguments: str) -> Way:
    """A Python of its own with these arguments; its exit status is the answer."""

    def run() -> Any:
        return subprocess.run([sys.executable, *arguments], capture_output=True, check=False).returncode

    return Way(lambda: run, ("exit status",))


def commands() -> Mapping[str, Way]:
    """Each command, and the imports beside it."""
    return {
        "import click": _process("-c", "import click"),
        "--help": _process("-m", "diffcompare", "--help"),
        "import numpy": _process("-c", "import numpy"),
        "trace": _process("-m", "diffcompare", "trace", *LECTURE),
        "import numpy, sympy, flint": _process("-c", "import numpy, sympy, flint"),
        "compare": _process("-m", "diffcompare", "compare", *LECTURE),
    }


CASES = {
    "start": Case(
        "a command from start to end, beside the imports that it needs",
        commands,
        (
            Claim("--help", "import click", ALLOWED),
            Claim("trace", "import numpy", ALLOWED),
            Claim("compare", "import numpy, sympy, flint", ALLOWED),
        ),
    ),
}
