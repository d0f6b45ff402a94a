"""diffcompare report: writes a book, says where it is, and refuses what cannot be written before it starts."""

import os
import signal
import sys
from pathlib import Path

import pytest

from .conftest import Run, started


def test_book_of_a_function(run: Run, tmp_path: Path) -> None:
    book, folder = tmp_path / "mine.pdf", tmp_path / "pages"
    shown = run("report", "-x^2", "--at", "x=3", "--output", str(book), "--png", str(folder))
    assert (shown.status, shown.err) == (0, "")  # no progress where there is no terminal
    paths = list(map(Path, shown.out.splitlines()))
    assert paths[0] == book
    assert sorted(paths[1:]) == sorted(folder.iterdir())
    assert all(path.stat().st_size > 1000 for path in paths)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "report.png"], "report.png has the unknown ending .png; write a name that ends in .pdf"),
        (["--output", "no/such/report.pdf"], "the folder no/such does not exist; make it first"),
        (["--output", "folder.pdf"], "folder.pdf is a folder; write the name of a file in it"),
        (["--png", "file.txt"], "file.txt is not a folder"),
        (["", "--at", "x=1"], "empty"),
        (["x^2"], "the point is missing; give every variable a value: --at x=1"),
        (["--at", "y=1"], "there is no variable y; the variables are x1, x2"),
        (["x^2", "--at", "x=1", "--format", "json"], "No such option '--format'"),
    ],
)
def test_unusable_input(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.pdf").mkdir()
    Path("file.txt").touch()
    shown = run("report", *arguments)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.startswith("Error: ")
    assert message in shown.err.splitlines()[0]
    assert sorted(os.listdir()) == ["file.txt", "folder.pdf"]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a matter of Unix")
def test_interruption_shows_progress_until_then_and_leaves_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import itertools, sys\ncalls = itertools.count()\n\ndef f(x):\n"
        "    if next(calls) > 20:\n        print('STARTED', flush=True)\n        while True: pass\n    return x * x\n"
    )
    reading, writing = os.openpty()
    arguments = ("report", "slow.py:f", "--at", "x=1", "--png", "pages")
    with started(*arguments, stderr=writing, env=environment, cwd=tmp_path) as running:
        os.close(writing)
        seen = b""
        while b"STARTED" not in seen:
            seen += os.read(reading, 1000)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    seen += os.read(reading, 10000)
    assert (running.returncode, out) == (130, b"")
    assert b"\rcomparing the engines with the certified reference" in seen
    assert seen.rstrip().endswith(b"\nError: interrupted")
    assert b"Traceback" not in seen
    assert not list(tmp_path.rglob("*.p[dn][fg]"))
    assert not [path for path in tmp_path.rglob(".*") if path.name.endswith(".part")]
