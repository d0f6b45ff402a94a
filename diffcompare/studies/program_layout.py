"""How a tangent or adjoint program is laid out in Python, NumPy, C and LaTeX: its head, its lines and its results."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, NamedTuple

from diffcompare.errors import DiffCompareError
from diffcompare.expression.code import NUMPY, PYTHON, C, Line, assignments
from diffcompare.expression.code_definitions import definitions
from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import ATOM, LATEX, RELATION, Notation, Rule
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.studies.lecture_notation import letter

COPIED = replace(PRIMITIVES["negative"], name="copy", function=lambda x: x, array=lambda x: x, partials=(1.0,))
ENTRY = re.compile(r"(.*)\[(\d+(?:,\d+)*)\]")
OURS = re.compile(r"[vct]\d+(_bar|_dot)?|y\d+_(bar|dot)|np|value|derivative")  # names that a program gives itself
C_WORDS = re.compile(
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|main|"
    "register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while"
)
CALLED = {str(getattr(row.function, "__name__", "")) for row in PRIMITIVES.values()} | PRIMITIVES.keys() | {"tgamma"}
BRANCH = "the function takes another branch here; print its program at this point"
TITLES = {"forward": "tangent", "reverse": "adjoint"}


def copy(value: Any) -> Any:
    """A traced value under another name: a line of its own, and no operation; each copy is another primitive."""
    return replace(COPIED)(value)


class Name(NamedTuple):
    """v_i of the lecture, its tangent (mark "dot") or its adjoint ("bar"); the inputs are 1-n .. 0."""

    number: int | None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A program to be written: inputs are the variables and then the seeds; outputs values, derivatives, conditions."""

    graph: Graph
    mode: str
    variables: tuple[str, ...]  # "x", or "x[0]", "x[1]" for a vector variable
    values: int
    results: int  # values and derivatives
    named: list[tuple[Name, int]]
    decisions: tuple[Any, ...]

    @property
    def primitives(self) -> list[str]:
        """The name of every operation of the program."""
        nodes = (self.graph.nodes[i] for i in needed(self.graph))
        return [node.primitive.name for node in nodes if node.primitive is not None and node.primitive.name != "copy"]

    @property
    def seeds(self) -> list[str]:
        """The names of the seeds: of the adjoints of the outputs, or the tangents of the variables."""
        if self.mode == "reverse":
            return [f"y{k + 1}_bar" for k in range(self.values)]
        return [f"{stem}_dot" for argument in arguments(self.variables) for stem in argument.stems]


@dataclass(frozen=True, slots=True)
class Argument:
    """One variable of the program: its shape, and of each entry how it is read and what its derivative is called by."""

    name: str
    shape: tuple[int, ...]
    entries: list[str]
    stems: list[str]


def needed(graph: Graph) -> list[int]:
    """The nodes that the outputs need, in order."""
    found = set(graph.outputs)
    for i in range(len(graph.nodes) - 1, -1, -1):
        if i in found:
            found.update(graph.nodes[i].operands)
    return sorted(found)


def arguments(variables: Sequence[str]) -> list[Argument]:
    """The variables from the names of their entries, under names that a program can have.

    >>> [(a.name, a.entries, a.stems) for a in arguments(["x[0]", "x[1]", "lambda"])]
    [('x', ['x[0]', 'x[1]'], ['x0', 'x1']), ('lambda_', ['lambda_'], ['lambda_'])]
    """
    parts: dict[str, list[tuple[int, ...]]] = {}
    for variable in variables:
        match = ENTRY.fullmatch(variable)
        name, place = (match[1], tuple(map(int, match[2].split(",")))) if match else (variable, ())
        parts.setdefault(name, []).append(place)
    own = identifiers(list(parts), set())
    used = set(own.values())
    found = []
    for name, places in parts.items():
        shape = tuple(1 + max(axis) for axis in zip(*places, strict=True))
        entries = [own[name] + "".join(f"[{k}]" for k in place) for place in places]
        stems = identifiers([own[name] + "_".join(map(str, place)) for place in places], used if shape else set())
        used.update(stems.values())
        found.append(Argument(own[name], shape, entries, list(stems.values())))
    return found


def identifiers(names: Sequence[str], used: set[str]) -> dict[str, str]:
    """A name for each of these that means nothing else; of a text that is none, letters and digits.

    >>> identifiers(["x", "lambda", "a b"], set())
    {'x': 'x', 'lambda': 'lambda_', 'a b': 'a_b'}
    """
    found: dict[str, str] = {}
    for name in names:
        text = re.sub(r"[^A-Za-z0-9_]", "_", name)
        text = text if text.isidentifier() else f"x{text}"
        while _taken(text) or text in used or text in found.values():
            text += "_"
        found[name] = text
    return found


def _taken(text: str) -> bool:
    reserved = keyword.iskeyword(text) or hasattr(builtins, text) or text in CALLED
    return reserved or any(words.fullmatch(text) for words in (OURS, C_WORDS))


def python_text(listing: Listing) -> str:
    """A module with one function, which returns the values and the derivatives."""
    return _python(listing, PYTHON, "import math\n", lambda seed, _: seed, [])


def numpy_text(listing: Listing) -> str:
    """The same for arrays of points: each variable a number or an array, a vector variable with the points last."""
    head = [f"{a.name} = np.asarray({a.name}, dtype=float)" for a in arguments(listing.variables)]
    if listing.mode == "forward":
        entries = [entry for a in arguments(listing.variables) for entry in a.entries]
        head += [f"{s} = np.broadcast_to({s}, np.shape({x}))" for s, x in zip(listing.seeds, entries, strict=True)]
    imports = "import numpy as np\n"
    if any("math." in text for text in definitions("numpy", listing.primitives)):
        imports = "import math\n\n" + imports
    return _python(listing, NUMPY, imports, lambda seed, value: f"np.broadcast_to({seed}, np.shape({value}))", head)


def _python(
    listing: Listing, notation: Notation, imports: str, seeded: Callable[[str, str], str], head: Sequence[str]
) -> str:
    own = arguments(listing.variables)
    lines, outputs = _lines(listing, notation, seeded if listing.mode == "reverse" else lambda seed, _: seed)
    body = list(head)
    decisions = dict(_conditions(listing))
    for name, formula in lines:
        body.append(f"{name} = {formula}")
        if name in decisions:
            holds = f"np.all({name})" if notation is NUMPY else name
            wrong = f"np.any({name})" if notation is NUMPY else name
            body += [f"if {f'not {holds}' if decisions[name] else wrong}:", f'    raise ValueError("{BRANCH}")']
    values, derivatives = outputs[: listing.values], outputs[listing.values : listing.results]
    if listing.mode == "reverse":
        rest = iter(derivatives)
        derivatives = [_nested(a.shape, rest) for a in own]
    body.append(f"return {_grouped(values)}, {_grouped(derivatives)}")
    defaults = ["1.0" if listing.mode == "reverse" or k == 0 else "0.0" for k in range(len(listing.seeds))]
    parameters = [a.name for a in own] + [f"{s}={d}" for s, d in zip(listing.seeds, defaults, strict=True)]
    functions = "".join(f"\n\n{text}\n" for text in definitions(notation.name, listing.primitives))
    text = "".join(f"    {line}\n" for line in body)
    return f"{imports}{functions}\n\ndef {TITLES[listing.mode]}({', '.join(parameters)}):\n{text}".rstrip("\n")


def c_text(listing: Listing) -> str:
    """A C function that writes the values and the derivatives where it is told; array variables lie row by row.

    Raises `DiffCompareError` for an operation that C's library does not have.
    """
    if "polygamma" in listing.primitives:
        raise DiffCompareError("C's library has no polygamma; print the program for python or numpy")
    own = arguments(listing.variables)
    lines, outputs = _lines(listing, C, lambda seed, _: seed)
    decisions = dict(_conditions(listing))
    places = [f"value[{k}]" for k in range(listing.values)]
    places += [f"derivative[{k}]" for k in range(listing.results - listing.values)]
    body = []
    for name, formula in lines:
        body.append(f"const {'int' if name in decisions else 'double'} {name} = {formula};")
        if name in decisions:
            nothing = " = ".join(places)
            body += [f"if ({'!' if decisions[name] else ''}{name}) {{ /* {BRANCH} */", f"    {nothing} = NAN;"]
            body += ["    return;", "}"]
    body += [f"{place} = {text};" for place, text in zip(places, outputs, strict=False)]
    parameters = [f"const double *{a.name}" if a.shape else f"double {a.name}" for a in own]
    parameters += [*(f"double {seed}" for seed in listing.seeds), "double *value", "double *derivative"]
    functions = "".join(f"\n{text}\n" for text in definitions("c", listing.primitives))
    text = "".join(f"    {line}\n" for line in body)
    remark = "/* Compile with -ffp-contract=off: then every operation rounds on its own, as in Python. */"
    head = f"void {TITLES[listing.mode]}({', '.join(parameters)})"
    return f"{remark}\n#include <math.h>\n{functions}\n{head} {{\n{text}}}"


def latex_text(listing: Listing) -> str:
    """An align environment, in the lecture's letters."""
    start = 1 - len(listing.variables)
    lines = [(letter(start + k).latex, LATEX.variable(name)) for k, name in enumerate(listing.variables)]
    conditions = dict(_conditions(listing))
    found, outputs = _lines(listing, LATEX, lambda seed, _: seed)
    lines += [(name, formula) for name, formula in found if name not in conditions]
    lines += [(f"y_{{{k + 1}}}", outputs[k]) for k in range(listing.values)]
    rows = [f"  {left} &= {right}" for left, right in lines]
    for name, formula in found:
        if name in conditions:
            template = r"  \text{{for }} & {}" if conditions[name] else r"  \text{{for }} & \neg\left({}\right)"
            rows.append(template.format(formula))
    return "\\begin{align}\n" + " \\\\\n".join(rows) + "\n\\end{align}"


TARGETS: dict[str, Callable[[Listing], str]] = {
    "python": python_text, "numpy": numpy_text, "c": c_text, "latex": latex_text
}  # fmt: skip


def _conditions(listing: Listing) -> list[tuple[str, bool]]:
    return [(f"c{k + 1}", bool(decision)) for k, decision in enumerate(listing.decisions)]


def _lines(listing: Listing, notation: Notation, seeded: Callable[[str, str], str]) -> tuple[list[Line], list[str]]:
    """The lines of the program, conditions first, and what stands for each output."""
    own = arguments(listing.variables)
    entries = [entry for a in own for entry in a.entries]
    stems = [stem for a in own for stem in a.stems]
    n = len(entries)
    seeds = listing.seeds
    if notation is LATEX:
        entries = [letter(k + 1 - n).latex for k in range(n)]
        reverse = listing.mode == "reverse"
        seeds = [rf"\bar{{y}}_{{{k + 1}}}" if reverse else letter(k + 1 - n, "dot").latex for k in range(len(seeds))]
    if notation is C:
        flat = {a.name: count() for a in own}
        entries = [f"{a.name}[{next(flat[a.name])}]" if a.shape else a.name for a in own for _ in a.entries]

    def called(name: Name) -> str:
        assert name.number is not None
        if notation is LATEX:
            return letter(name.number, name.mark).latex
        stem = f"v{name.number}" if name.number > 0 else stems[name.number + n - 1]
        return f"{stem}_{name.mark}" if name.mark else stem

    wanted = set(needed(listing.graph))
    named = [(called(name), i) for name, i in listing.named if i in wanted]
    checks = [
        (name, i) for (name, _), i in zip(_conditions(listing), listing.graph.outputs[listing.results :], strict=True)
    ]
    first = {i: name for name, i in reversed(named)}
    ends = [first.get(i, entries[i] if i < n else "0.0") for i in listing.graph.outputs[: listing.values]]
    seeds = [seeded(seed, end) for seed, end in zip(seeds, ends, strict=False)] if listing.mode == "reverse" else seeds
    rules = replace(notation, rules=notation.rules | {"copy": Rule(ATOM, "{0}", (RELATION,))})
    return assignments(listing.graph, rules, [*entries, *seeds], [*checks, *named], r"t_" if notation is LATEX else "t")


def _nested(shape: tuple[int, ...], rest: Any) -> str:
    """The next texts as nested lists of this shape."""
    if not shape:
        return str(next(rest))
    return f"[{', '.join(_nested(shape[1:], rest) for _ in range(shape[0]))}]"


def _grouped(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
