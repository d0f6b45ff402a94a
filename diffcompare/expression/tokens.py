"""Formula text cut into tokens, each with its place."""

from __future__ import annotations

import math
import re
from typing import Any, Literal, NamedTuple
from unicodedata import normalize

from diffcompare.errors import FormulaError

LONGEST = 100_000  # characters: far beyond what anybody types, far below what would slow the parser
DIGITS = 400  # of a whole number: beyond any double
Kind = Literal["number", "name", "sign", "end"]


class Token(NamedTuple):
    """A number, a name, a sign or the end, with its place in the text."""

    kind: Kind
    text: str
    start: int
    end: int


PATTERN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|<=|>=|==|!=|[-+*/^()\[\],<>])",
    re.ASCII,
)
LETTER = re.compile(r"\w")
SPELLINGS = {
    "−": "-",
    "–": "-",
    "×": "*",
    "·": "*",
    "⋅": "*",
    "∗": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "π": "pi",
}
ADVICE = {
    "=": "an equation is not a formula; write its right-hand side alone (and == to compare inside where)",
    ":": "a formula has no assignments; write the expression alone",
    ".": "attributes are not part of a formula; write the function itself, as in sin(x)",
    "%": "the remainder has no derivative rule here; write the smooth part of the formula",
    "!": "write gamma(n + 1) for the factorial of n",
    "|": "write abs(x) for the absolute value",
    "²": "write ^2 for the square",
    "³": "write ^3 for the cube",
    "√": "write sqrt(x) for the square root",
    "∞": "infinity is not a number to compute with; leave it out",
    "\\": "this is LaTeX; write plain text, as in sin(x)/2",
    "{": "write round brackets",
    "}": "write round brackets",
    "'": "text in quotes is not part of a formula; write names without quotes",
    '"': "text in quotes is not part of a formula; write names without quotes",
    "@": "the matrix product is for Python functions; write the sum of products",
    ";": "write one formula, or several as [f, g]",
}


def tokens(text: str) -> list[Token]:
    """The tokens of a formula, ended by an "end" token.

    Raises `FormulaError` for text that is empty, too long, or holds a character no formula has.
    """
    if len(text) > LONGEST:
        raise FormulaError(
            f"the formula has {len(text)} characters; write at most {LONGEST}, or give a Python function"
        )
    found: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token = _token(text, place)
        found.append(token)
        place = token.end
    if not found:
        raise FormulaError('the formula is empty; write for example "x^2 + sin(x)"')
    return [*found, Token("end", "", len(text.rstrip()), len(text.rstrip()) + 1)]


def _token(text: str, place: int) -> Token:
    character = text[place]
    if character in SPELLINGS:
        spelled = SPELLINGS[character]
        return Token("name" if spelled == "pi" else "sign", spelled, place, place + 1)
    match = PATTERN.match(text, place) or (LETTER.match(text, place) if character.isidentifier() else None)
    if match is None:
        shown = character if character.isprintable() else f"the character U+{ord(character):04X}"
        advice = ADVICE.get(character, "write numbers, names, + - * / ^ and functions")
        raise FormulaError(f"{shown} does not belong into a formula; {advice}", text, place)
    kind: Any = match.lastgroup if match.re is PATTERN else "name"
    if text.startswith("//", place):
        raise FormulaError("// has no derivative rule here; write / for the quotient", text, place, place + 2)
    end = match.end()
    while kind == "name" and text[place : end + 1].isidentifier() and end < len(text):
        end += 1  # letters beyond ASCII belong to the name
    return Token(kind, as_name(text[place:end]), place, end)


def as_name(text: str) -> str:
    """A name in the form that Python gives to names: the micro sign and the Greek letter are one.

    Source: The Python Language Reference, section 2.3 (NFKC).

    >>> as_name("x1"), as_name("\N{MICRO SIGN}") == "\N{GREEK SMALL LETTER MU}"
    ('x1', True)
    """
    return text if text.isascii() else normalize("NFKC", text)


def number(token: Token, text: str) -> int | float:
    """The number a token stands for: an exact int, or the double that Python reads."""
    if token.text.isdigit():
        if len(token.text) > DIGITS:
            raise FormulaError(f"a whole number of {len(token.text)} digits; write at most {DIGITS}", text, *token[2:])
        return int(token.text)
    value = float(token.text)
    if math.isinf(value):
        raise FormulaError(
            f"{token.text} is beyond the largest double, 1.8e308; write a smaller number", text, *token[2:]
        )
    return value
