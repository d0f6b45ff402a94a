"""Names of generated programs: legal, unique, and what the wanted name says."""

from __future__ import annotations

import keyword
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcompare.expression.identifiers import PYTHON, C, Identifiers, Language
from diffcompare.expression.notation import GREEK

COMPILER = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(COMPILER is None, reason="there is no gcc here")


@pytest.mark.parametrize("language", [PYTHON, C], ids=["python", "c"])
@given(wanted=st.lists(st.text(max_size=8) | st.sampled_from(["x", "x_", "for", "_x", "αβ", "M_PI", "__"])))
def test_every_name_is_legal_and_given_once(language: Language, wanted: list[str]) -> None:
    names = Identifiers(language)
    found = [names(text) for text in wanted]
    assert len(set(found)) == len(found)
    for name in found:
        assert name.isidentifier()
        assert not keyword.iskeyword(name) or language is C
        assert language is PYTHON or (name.isascii() and not name.startswith("_"))
        assert name == Identifiers(language)(name)


@given(st.from_regex(r"[a-z]([0-9]|_[0-9a-z])?", fullmatch=True))
def test_a_short_name_stays_as_it_is(name: str) -> None:
    assert Identifiers(C)(name) == Identifiers(PYTHON)(name) == name


@needs_gcc
@pytest.mark.parametrize("standard", ["gnu17", "c99"])
def test_no_macro_and_no_keyword_of_gcc_is_a_name_in_c(standard: str) -> None:
    dump = subprocess.run(
        [str(COMPILER), f"-std={standard}", "-D_GNU_SOURCE", "-dM", "-E", "-"], input="#include <math.h>\n", text=True,
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    macros = [line.split()[1] for line in dump.splitlines()]
    plain = [macro for macro in macros if "(" not in macro]  # with arguments, they are macros only before a bracket
    assert {"M_PI", "NAN", "HUGE_VAL", "FP_NAN"} <= set(plain)
    assert [macro for macro in plain if Identifiers(C)(macro) == macro] == []


def test_greek_letters_are_spelled_out_where_names_are_ascii() -> None:
    assert [Identifiers(C)(letter) for letter in GREEK] == list(GREEK.values())
    assert [Identifiers(PYTHON)(letter) for letter in GREEK] == list(GREEK)
