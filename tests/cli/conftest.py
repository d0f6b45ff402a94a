"""Running the program: in this process for speed, in one of its own where the process is what is tested."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from diffcompare_cli.main import status_of

ROOT = Path(__file__).parents[2]


class Outcome(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@contextmanager
def started(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The program in a process that can be interrupted, wherever the tests run, and that does not outlive its test."""
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a job in the background would not
    command = [sys.executable, "-m", "diffcompare", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=listening, **options) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def in_process(*arguments: str) -> Outcome:
        status = status_of(list(arguments))
        return Outcome(status, *capsys.readouterr())

    return in_process


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    path = os.pathsep.join(str(ROOT / folder) for folder in (".", "cli", "reports"))
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture(scope="session")
def program(environment: dict[str, str]) -> Run:
    def own_process(*arguments: str, encoding: str = "utf-8", **changes: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "diffcompare", *arguments],
            capture_output=True,
            env=environment | changes,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(encoding), done.stderr.decode())

    return own_process
