"""Names in generated programs: legal in the language, readable, and each for one thing."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple
from unicodedata import combining, name, normalize

from diffcompare.expression.notation import GREEK

C_WORDS = re.compile(
    "alignas|alignof|asm|auto|bool|break|case|char|const|constexpr|continue|default|do|double|else|enum|extern|false|"
    "float|for|goto|if|inline|int|long|nullptr|register|restrict|return|short|signed|sizeof|static|static_assert|struct|"
    "switch|thread_local|true|typedef|typeof|typeof_unqual|union|unsigned|void|volatile|while|"
    # macros of compilers and of math.h
    r"i386|linux|unix|math_errhandling|(M|FP|MATH|HUGE|X)_\w*[^\W_]|HUGE|INFINITY|MAXFLOAT|S?NAN(F\d*X?|L)?|DOMAIN|SING|"
    "OVERFLOW|UNDERFLOW|PLOSS|TLOSS"
)


class Language(NamedTuple):
    """What a name may be made of, and which ones mean something already."""

    readable: Callable[[str], str]
    taken: Callable[[str], object]


class Identifiers:
    """The names of one program: a name for each thing, as near to the wanted one as there is.

    >>> names = Identifiers(C)
    >>> [names(wanted) for wanted in ("x", "x_bar", "x_bar", "M_PI", "αβ", "a b")]
    ['x', 'x_bar', 'x_bar_', 'M_PI_', 'alphabeta', 'a_b']
    """

    def __init__(self, language: Language, used: Iterable[str] = ()) -> None:
        self.language = language
        self.used = set(used)

    def __call__(self, wanted: str) -> str:
        """A name that nothing else has."""
        found = self.language.readable(wanted)
        while self.language.taken(found) or found in self.used:
            found += "_"
        self.used.add(found)
        return found


def in_python(wanted: str) -> str:
    """The name as Python reads it; of a text that is none, its letters and digits."""
    text = re.sub(r"\W", "_", normalize("NFKC", wanted))
    return text if text.isidentifier() else f"x{text}"


def in_ascii(wanted: str) -> str:
    """Letters spelled out, accents left out; what begins with an underscore is the compiler's.

    >>> [in_ascii(wanted) for wanted in ("Δx_é", "x₁", "жλ", "_Bool")]
    ['Deltax_e', 'x1', 'zhelambda', 'x_Bool']
    """
    text = re.sub(r"\W", "_", "".join(map(_spelled, normalize("NFKD", wanted))))
    return text if text[:1].isalpha() else f"x{text}"


def _spelled(character: str) -> str:
    if combining(character):
        return ""
    if character.isascii() or character in GREEK:
        return GREEK.get(character, character)
    word = name(character, "_").split()[-1]  # of GREEK SMALL LETTER FINAL SIGMA, CYRILLIC SMALL LETTER ZHE
    return word.capitalize() if character.isupper() else word.lower()


def _means_something(text: str) -> bool:
    return keyword.iskeyword(text) or (hasattr(builtins, text) and text != "_") or text in ("math", "np")


PYTHON = Language(in_python, _means_something)
C = Language(in_ascii, C_WORDS.fullmatch)
