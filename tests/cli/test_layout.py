"""Pages: one content in four formats."""

import json
import math

import numpy as np
import pytest

from diffcompare_cli.layout import Formula, Table, as_json, equation, number, page, presented, seconds

LETTERS = Table(("name", "value"), [[Formula("v̇1", r"\dot{v}_{1}"), "1"], ["a|b_c", "-22.5"]], frozenset({1}))


def test_dotted_letters_are_aligned() -> None:
    lines = page([LETTERS], "table", "utf-8").splitlines()
    assert lines[2] == "v̇1            1"
    assert lines[3] == "a|b_c     -22.5"


def test_markdown_escapes_bars() -> None:
    assert page([LETTERS], "markdown", "utf-8").splitlines()[3].split() == ["|", r"a\|b_c", "|", "-22.5", "|"]


def test_latex_escapes_text_and_keeps_mathematics() -> None:
    written = page([LETTERS, "100 % of a_b"], "latex", "utf-8")
    assert r"$\dot{v}_{1}$" in written
    assert r"b\_c" in written
    assert r"100 \% of a\_b" in written


def test_lines_stay_together() -> None:
    blocks = [["a", equation("b", Formula("c", "c"))], "d"]
    assert page(blocks, "table") == "a\nb = c\n\nd"
    assert page(blocks, "latex") == "a\\\\\n$b = c$\n\nd"


def test_long_text_is_broken_between_words_and_numbers_never() -> None:
    table = Table(("n", "note"), [["1" * 90, "word " * 30]], wrapped=1)
    written = page([table], "table")
    assert "1" * 90 in written
    assert len(written.splitlines()) > 3


def test_json_has_no_number_that_is_none() -> None:
    data = {"a": math.nan, "b": [math.inf, -math.inf], "c": np.array([1.0, np.nan]), "d": np.float64(0.1), "e": None}
    read = json.loads(as_json(data))
    assert read == {"a": "nan", "b": ["inf", "-inf"], "c": [1.0, "nan"], "d": 0.1, "e": None}


def test_json_is_the_data_alone() -> None:
    assert presented({"n": 1}, ["text"], "json") == '{"n": 1}'


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.1 + 0.2, 17, "0.30000000000000004"), (1e300, 17, "1e+300"), (-0.0, 17, "-0"), (math.nan, 3, "nan"),
     (1.234e-5, 3, "1.23e-05"), (2, 17, "2")],
)  # fmt: skip
def test_numbers(value: float, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 ns"), (8.3e-7, "830 ns"), (0.0021, "2.1 ms"), (61.0, "61 s"), (math.nan, "nan"), (None, "")],
)
def test_durations(value: float | None, text: str) -> None:
    assert seconds(value) == text
