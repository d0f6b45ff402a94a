"""The README's commands print what it says, and its Python runs."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from diffcompare_cli.main import status_of

ROOT = Path(__file__).parents[1]
CONSOLE = re.compile(r"```console\n\$ diffcompare (.*)\n((?:.*\n)*?)```")
DURATION = re.compile(r" +\d+(\.\d+)? (ns|us|ms|s)$", re.MULTILINE)
SESSIONS = CONSOLE.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def without_times(text: str) -> str:
    """Durations are measured anew each time; everything else is the same everywhere."""
    return DURATION.sub(" TIME", text)


@pytest.mark.parametrize(("command", "output"), SESSIONS, ids=[command.split()[0] for command, _ in SESSIONS])
def test_a_command_prints_what_the_readme_says(command: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(shlex.split(command)) == 0
    assert without_times(capsys.readouterr().out) == without_times(output)


def test_the_readme_shows_commands_and_pictures_that_exist() -> None:
    assert len(SESSIONS) >= 4
    for picture in re.findall(r"\]\(([^)]*\.png)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / picture).is_file(), picture


def test_the_python_of_the_readme_runs() -> None:
    failed, ran = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert ran > 5
    assert failed == 0
