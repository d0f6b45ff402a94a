"""What a command takes from start to end, beside a Python that only imports what the command cannot do without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from diffcompare.studies.benchmark.case import Case, Claim, Way

ALLOWED = 1.3
PROGRAM = "from diffcompare_cli.main import main; main()"  # as the installed script has it
LECTURE = ("ln(x1) + x1*x2 - sin(x2)", "--at", "x1=2,x2=5")


def _process(code: str, *arguments: str) -> Way:
    """A Python of its own that runs some code; its exit status is the answer.

    Bytecode is cached as in an installed package, whatever the environment says; the files of the folder that it is
    started in are no modules (-P).
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-P", "-c", code, *arguments]

    def run() -> Any:
        return subprocess.run(command, capture_output=True, check=False, env=environment).returncode

    return Way(lambda: run, ("exit status",))


def commands() -> Mapping[str, Way]:
    """Each command, and the imports beside it."""
    return {
        "import click": _process("import click"),
        "--help": _process(PROGRAM, "--help"),
        "import numpy": _process("import numpy"),
        "trace": _process(PROGRAM, "trace", *LECTURE),
        "import numpy, sympy, flint": _process("import numpy, sympy, flint"),
        "compare": _process(PROGRAM, "compare", *LECTURE),
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
