"""How a tangent or adjoint program is laid out in Python, NumPy, C and LaTeX: its head, its lines and its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from diffcompare.errors import DiffCompareError
from diffcompare.expression import identifiers as identifier
from diffcompare.expression.code import NUMPY, PYTHON, C, Line, assignments
from diffcompare.expression.code_definitions import definitions
from diffcompare.expression.notation import ATOM, LATEX, RELATION, Notation, Rule
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.studies.program_names import Listing, Names, identified, identifiers, lettered, needed

COPIED = replace(PRIMITIVES["negative"], name="copy", function=lambda x: x, array=lambda x: x, partials=(1.0,))
BRANCH = "the function takes another branch here; print its program at this point"
TITLES = {"forward": "tangent", "reverse": "adjoint"}


def copy(value: Any) -> Any:
    """A traced value under another name: a line of its own, and no operation; each copy is another primitive."""
    return replace(COPIED)(value)


def python_text(listing: Listing) -> str:
    """A module with one function, which returns the values and the derivatives."""
    names = identified(listing, identifiers(listing, PYTHON, identifier.PYTHON))
    return _python(listing, PYTHON, names, "import math\n", lambda seed, _: seed, [])


def numpy_text(listing: Listing) -> str:
    """The same for arrays of points: each variable a number or an array, a vector variable with the points last."""
    names = identified(listing, identifiers(listing, NUMPY, identifier.PYTHON))
    head = [f"{a.name} = np.asarray({a.name}, dtype=float)" for a in names.arguments]
    if listing.mode == "forward":
        head += [f"{s} = np.broadcast_to({s}, np.shape({x}))" for s, x in zip(names.seeds, names.entries, strict=True)]
    imports = "import numpy as np\n"
    if any("math." in text for text in definitions("numpy", listing.primitives)):
        imports = "import math\n\n" + imports
    return _python(
        listing, NUMPY, names, imports, lambda seed, value: f"np.broadcast_to({seed}, np.shape({value}))", head
    )


def _python(
    listing: Listing, notation: Notation, names: Names, imports: str, seeded: Callable[[str, str], str],
    head: Sequence[str],
) -> str:  # fmt: skip
    lines, outputs = _lines(listing, notation, names, seeded if listing.mode == "reverse" else lambda seed, _: seed)
    body = list(head)
    decisions = dict(zip(names.conditions, listing.decisions, strict=True))
    for name, formula in lines:
        body.append(f"{name} = {formula}")
        if name in decisions:
            holds = f"np.all({name})" if notation is NUMPY else name
            wrong = f"np.any({name})" if notation is NUMPY else name
            body += [f"if {f'not {holds}' if decisions[name] else wrong}:", f'    raise ValueError("{BRANCH}")']
    values, derivatives = outputs[: listing.values], outputs[listing.values : listing.results]
    if listing.mode == "reverse":
        rest = iter(derivatives)
        derivatives = [_nested(a.shape, rest) for a in names.arguments]
    body.append(f"return {_grouped(values)}, {_grouped(derivatives)}")
    defaults = ["1.0" if listing.mode == "reverse" or k == 0 else "0.0" for k in range(len(names.seeds))]
    parameters = [a.name for a in names.arguments]
    parameters += [f"{seed}={default}" for seed, default in zip(names.seeds, defaults, strict=True)]
    functions = "".join(f"\n\n{text}\n" for text in definitions(notation.name, listing.primitives))
    text = "".join(f"    {line}\n" for line in body)
    return f"{imports}{functions}\n\ndef {TITLES[listing.mode]}({', '.join(parameters)}):\n{text}".rstrip("\n")


def c_text(listing: Listing) -> str:
    """A C function that writes the values and the derivatives where it is told; array variables lie row by row.

    Raises `DiffCompareError` for an operation that C's library does not have.
    """
    if "polygamma" in listing.primitives:
        raise DiffCompareError("C's library has no polygamma; print the program for python or numpy")
    fresh = identifiers(listing, C, identifier.C)
    names = identified(listing, fresh, flat=True)
    value, derivative = map(fresh, ("value", "derivative"))
    lines, outputs = _lines(listing, C, names, lambda seed, _: seed)
    decisions = dict(zip(names.conditions, listing.decisions, strict=True))
    places = [f"{value}[{k}]" for k in range(listing.values)]
    places += [f"{derivative}[{k}]" for k in range(listing.results - listing.values)]
    body = []
    for name, formula in lines:
        body.append(f"const {'int' if name in decisions else 'double'} {name} = {formula};")
        if name in decisions:
            nothing = " = ".join(places)
            body += [f"if ({'!' if decisions[name] else ''}{name}) {{ /* {BRANCH} */", f"    {nothing} = NAN;"]
            body += ["    return;", "}"]
    body += [f"{place} = {text};" for place, text in zip(places, outputs, strict=False)]
    parameters = [f"const double *{a.name}" if a.shape else f"double {a.name}" for a in names.arguments]
    parameters += [*(f"double {seed}" for seed in names.seeds), f"double *{value}", f"double *{derivative}"]
    functions = "".join(f"\n{text}\n" for text in definitions("c", listing.primitives))
    text = "".join(f"    {line}\n" for line in body)
    remark = "/* Compile with -ffp-contract=off: then every operation rounds on its own, as in Python. */"
    head = f"void {TITLES[listing.mode]}({', '.join(parameters)})"
    return f"{remark}\n#include <math.h>\n{functions}\n{head} {{\n{text}}}"


def latex_text(listing: Listing) -> str:
    """An align environment, in the lecture's letters."""
    names = lettered(listing)
    lines = [(own, LATEX.variable(name)) for own, name in zip(names.entries, listing.variables, strict=True)]
    conditions = dict(zip(names.conditions, listing.decisions, strict=True))
    found, outputs = _lines(listing, LATEX, names, lambda seed, _: seed)
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


def _lines(
    listing: Listing, notation: Notation, names: Names, seeded: Callable[[str, str], str]
) -> tuple[list[Line], list[str]]:
    """The lines of the program, conditions first, and what stands for each output."""
    graph, entries, seeds = listing.graph, names.entries, names.seeds
    wanted = set(needed(graph))
    named = [(name, i) for name, (_, i) in zip(names.intermediate, listing.named, strict=True) if i in wanted]
    checks = list(zip(names.conditions, graph.outputs[listing.results :], strict=True))
    if listing.mode == "reverse":
        first = {i: name for name, i in reversed(named)}
        ends = [first.get(i, entries[i] if i < len(entries) else "0.0") for i in graph.outputs[: listing.values]]
        seeds = [seeded(seed, end) for seed, end in zip(seeds, ends, strict=True)]
    rules = replace(notation, rules=notation.rules | {"copy": Rule(ATOM, "{0}", (RELATION,))})
    return assignments(graph, rules, [*entries, *seeds], [*checks, *named], names.other)


def _nested(shape: tuple[int, ...], rest: Any) -> str:
    """The next texts as nested lists of this shape."""
    if not shape:
        return str(next(rest))
    return f"[{', '.join(_nested(shape[1:], rest) for _ in range(shape[0]))}]"


def _grouped(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
