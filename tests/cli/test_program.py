"""The program as a process: help, version, imports, encodings, pipes, interruption."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import diffcompare as dc
from diffcompare_cli.commands import COMMANDS

from .conftest import Run, started

HEAVY = ("numpy", "sympy", "matplotlib", "flint", "json", "pathlib", "typst", "pygraphviz", "difflib")


def modules_after(environment: dict[str, str], *arguments: str) -> set[str]:
    code = (
        "import sys\nfrom diffcompare_cli.main import status_of\n"
        f"status_of({list(arguments)!r})\nprint('modules', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return set(done.stdout.rpartition("modules ")[2].split())


def test_help_imports_nothing_but_click(environment: dict[str, str]) -> None:
    loaded = modules_after(environment, "--help")
    assert "click" in loaded
    assert not loaded & set(HEAVY)
    assert not {name for name in loaded if name.startswith("diffcompare.") or name == "diffcompare"}


def test_trace_imports_neither_sympy_nor_matplotlib(environment: dict[str, str]) -> None:
    loaded = modules_after(environment, "trace", "ln(x1) + x1*x2 - sin(x2)", "--at", "x1=2,x2=5")
    assert "numpy" in loaded
    assert not loaded & {"sympy", "matplotlib", "flint", "pygraphviz"}


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ()])
def test_help_lists_every_command(program: Run, arguments: tuple[str, ...]) -> None:
    shown = program(*arguments)
    assert shown.status == 0
    assert all(f"  {name} " in shown.out for name in COMMANDS)
    assert shown.err == ""


def test_version(program: Run) -> None:
    assert program("--version") == (0, f"diffcompare {dc.__version__}\n", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_in_any_encoding(program: Run, encoding: str) -> None:
    changes = {"PYTHONIOENCODING": f"{encoding}:strict", "NO_COLOR": "1"}
    shown = program("trace", "lecture", "--mode", "forward", encoding=encoding, **changes)
    assert shown.status == 0
    assert ("v̇4 = v̇1 + v̇2" if encoding == "utf-8" else "v_dot4 = v_dot1 + v_dot2") in shown.out
    assert "\x1b" not in shown.out


def test_reader_that_leaves_early(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m diffcompare catalog | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_full_disk_under_standard_output(environment: dict[str, str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "diffcompare", "catalog"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: cannot write to standard output: the disk is full")
    assert b"Traceback" not in done.stderr


def test_interruption(environment: dict[str, str], tmp_path: Path) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("import sys\n\ndef f(x):\n    print('started', flush=True)\n    while True: pass\n")
    picture = tmp_path / "graph.svg"
    arguments = ("trace", f"{endless}:f", "--at", "x=1", "--output", str(picture))
    with started(*arguments, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == b"started\n"  # what the function prints goes to standard error
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert not list(tmp_path.glob("*svg*"))
    assert not list(tmp_path.glob(".*"))


def test_an_engine_whose_library_is_missing_says_so(program: Run, tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "sympy.py").write_text("raise ImportError('No module named sympy')\n")
    path = os.pathsep.join([str(tmp_path), environment["PYTHONPATH"]])
    found = {row["engine"]: row for row in program("engines", "--format", "json", PYTHONPATH=path).data["engines"]}
    assert (found["symbolic"]["available"], found["symbolic"]["reason"]) == (False, "No module named sympy")
    assert found["reverse"]["available"]
