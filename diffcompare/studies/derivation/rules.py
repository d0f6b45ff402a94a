"""The rules of differentiation, each applied to one formula.

The derivative of an elementary function is not typed in here: the table's partial is recorded on symbols, as the trace
tables do it, and put together with the lecture's sum, product, quotient and chain rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice, product
from typing import Any, NamedTuple

from diffcompare.expression.formula import parse
from diffcompare.expression.notation import LATEX, TEXT, TYPST
from diffcompare.expression.numbers import NumberDomain
from diffcompare.expression.operands import as_float
from diffcompare.expression.primitives import PRIMITIVES, Kink, Primitive
from diffcompare.expression.program import run
from diffcompare.expression.variable import COMPARISONS, Trace
from diffcompare.studies.derivation.tidy import Formulas
from diffcompare.studies.lecture_notation import Formula

# What the rules of these elementary functions are called; any other goes by its own name.
FAMILIES = {
    name: family
    for family, names in {
        "exponential": ("exp", "expm1"),
        "logarithm": ("ln", "log1p", "log2", "log10"),
        "power": ("sqrt", "cbrt"),
        "trigonometric": ("sin", "cos", "tan", "sec", "csc", "cot"),
        "inverse trigonometric": ("arcsin", "arccos", "arctan", "arctan2"),
        "hyperbolic": ("sinh", "cosh", "tanh"),
        "inverse hyperbolic": ("arcsinh", "arccosh", "arctanh"),
        "error function": ("erf", "erfc"),
        "gamma function": ("gamma", "loggamma", "polygamma"),
        "piecewise": ("abs", "sign", "minimum", "maximum", "relu", *COMPARISONS),
    }.items()
    for name in names
}
POWER = ("power", "exponential")  # by the base, by the exponent

# Doubles in the table's partials that people write as formulas.
CLOSED_FORMS = {0.5: "1/2", math.log(2): "ln(2)", math.log(10): "ln(10)", 2 / math.sqrt(math.pi): "2/sqrt(pi)"}

PROBES = (-1.0, 0.0, 0.5, 1.0)  # operands that reach every kind of kink in the table


class Setting(NamedTuple):
    """What is differentiated by what."""

    formulas: Formulas
    variable: int | None  # None where no formula depends on it
    varied: bytearray  # one flag per formula: whether it depends on the variable
    free: bytearray  # one flag per formula: whether it depends on any variable
    operator: Formula  # d/dx in writing


class Outer(NamedTuple):
    """The outer function of a chain rule with letters for its operands, and its derivative by one of them."""

    rule: str
    letter: str
    formula: int
    derivative: int


class Applied(NamedTuple):
    """One rule applied: the parts whose derivatives it needs, and how it puts them together."""

    rule: str
    parts: tuple[int, ...]
    together: Callable[[Sequence[int]], int]
    standing: int | None = None  # the right-hand side with the derivatives of the parts still to be worked out
    outer: tuple[Outer, ...] = ()
    inner: tuple[int, ...] = ()  # what the letters of the outer function stand for


def apply_rule(setting: Setting, place: int) -> Applied:
    """The rule for one formula, by its last operation."""
    formulas = setting.formulas
    if not setting.varied[place]:
        return Applied("constant", (), lambda _: formulas.constant(0))
    if place == setting.variable:
        return Applied("identity", (), lambda _: formulas.constant(1))
    primitive = formulas.nodes[place].primitive
    assert primitive is not None
    found = RULES.get(primitive.name, _function)(setting, place)
    if found.standing is None and found.parts:
        operator = setting.operator
        return found._replace(standing=found.together([formulas.standing(operator, part) for part in found.parts]))
    return found


def kinks_of(setting: Setting, place: int) -> Iterator[tuple[int, Kink]]:
    """Kinks where this formula's rule is a convention, each with the operation that has it."""
    nodes = setting.formulas.nodes
    if nodes[place].primitive is PRIMITIVES["where"]:
        place = nodes[place].operands[0]  # the branch changes where the condition ties
    primitive, operands = nodes[place].primitive, nodes[place].operands
    if primitive is None or not setting.varied[place]:
        return
    if primitive is PRIMITIVES["power"] and not setting.varied[operands[0]]:
        return  # its kink is one of the base
    if primitive.name in (*COMPARISONS, "minimum", "maximum"):
        points: Iterable[Sequence[float]] = [(0.0,) * len(operands)]  # they tie wherever their operands meet
    else:
        choices = {j: PROBES if setting.free[j] else (nodes[j].value,) for j in operands}
        probes = (dict(zip(choices, values, strict=True)) for values in product(*choices.values()))
        points = [[probe[j] for j in operands] for probe in probes]
    for kink in primitive.kinks:
        if any(kink.at(*point) for point in points):
            yield place, kink


def _same_operation(setting: Setting, place: int, name: str, both: bool) -> list[int]:
    """The terms of a + b + c, or of a - b - c where only the left operand is taken apart."""
    terms: list[int] = []
    stack = [place]
    while stack:
        node = setting.formulas.nodes[stack[-1]]
        if node.primitive is PRIMITIVES[name] and (both or not terms):
            stack.pop()
            stack += reversed(node.operands)
        else:
            terms.append(stack.pop())
    return terms


def _sum(setting: Setting, place: int) -> Applied:
    parts = _same_operation(setting, place, "add", both=True)
    return Applied("sum", tuple(parts), lambda d: setting.formulas.sum([(term, False) for term in d]))


def _difference(setting: Setting, place: int) -> Applied:
    parts = _same_operation(setting, place, "subtract", both=False)
    return Applied(
        "difference", tuple(parts), lambda d: setting.formulas.sum([(term, k > 0) for k, term in enumerate(d)])
    )


def _constant_multiple(setting: Setting, place: int) -> Applied:
    """c u: the constant factors, divisors and signs are taken off until something else is left."""
    formulas = setting.formulas
    factors: list[tuple[int, bool]] = []
    while place != setting.variable:
        node = formulas.nodes[place]
        name = node.primitive.name if node.primitive else ""
        constant = [j for j in node.operands if not setting.varied[j]]
        if name == "negative":
            factors.append((formulas.constant(-1), False))
        elif name == "multiply" and constant:
            factors.append((constant[0], False))
        elif name == "divide" and node.operands[1] in constant:
            factors.append((node.operands[1], True))
        else:
            break
        place = next(j for j in node.operands if setting.varied[j])
    if place == setting.variable:
        return Applied("constant multiple", (), lambda _: formulas.product(factors))
    return Applied("constant multiple", (place,), lambda d: formulas.product([*factors, (d[0], False)]))


def _product(setting: Setting, place: int) -> Applied:
    """(u v)' = u' v + u v'."""
    formulas = setting.formulas
    u, v = formulas.nodes[place].operands
    if not (setting.varied[u] and setting.varied[v]):
        return _constant_multiple(setting, place)

    def together(d: Sequence[int]) -> int:
        left, right = _crosswise(formulas, (u, v), d)
        return formulas.sum([(left, False), (right, False)])

    return Applied("product", (u, v), together)


def _quotient(setting: Setting, place: int) -> Applied:
    """(u/v)' = (u' v - u v') / v^2."""
    formulas = setting.formulas
    u, v = formulas.nodes[place].operands
    if not setting.varied[v]:
        return _constant_multiple(setting, place)

    def together(d: Sequence[int]) -> int:
        left, right = _crosswise(formulas, (u, v), d)
        over = formulas.sum([(left, False), (right, True)])
        return formulas.product([(over, False), (formulas.power(v, formulas.constant(2)), True)])

    return Applied("quotient", (u, v), together)


def _crosswise(formulas: Formulas, pair: tuple[int, int], d: Sequence[int]) -> tuple[int, int]:
    """u' v and u v'."""
    u, v = pair
    return formulas.product([(d[0], False), (v, False)]), formulas.product([(u, False), (d[1], False)])


def _piecewise(setting: Setting, place: int) -> Applied:
    """Each branch for itself."""
    condition, *branches = setting.formulas.nodes[place].operands
    where = PRIMITIVES["where"]
    return Applied("piecewise", tuple(branches), lambda d: setting.formulas.tidied(where, [condition, *d]))


def _function(setting: Setting, place: int) -> Applied:
    """An elementary function: of the variable itself by the table, of anything else by the chain rule."""
    formulas = setting.formulas
    node = formulas.nodes[place]
    primitive = node.row
    assert primitive is not None
    varying = [k for k, j in enumerate(node.operands) if setting.varied[j] and primitive.partials[k] != 0.0]
    if not varying:
        return Applied(_family(primitive, 0), (), lambda _: formulas.constant(0))
    if [node.operands[k] for k in varying] == [setting.variable]:
        return Applied(_family(primitive, varying[0]), (), lambda _: partial(formulas, place, varying[0]))
    letters = list(islice(_letters(formulas), len(varying)))
    operands = list(node.operands)
    for letter, k in zip(letters, varying, strict=True):
        operands[k] = formulas.variable(letter)
    outside = formulas.applied(primitive, operands)
    outer = tuple(
        Outer(_family(primitive, k), letter, outside, partial(formulas, outside, k))
        for letter, k in zip(letters, varying, strict=True)
    )
    standing = [
        formulas.product([
            (formulas.standing(derivative_by(one.letter, len(outer) > 1), outside), False),
            (formulas.standing(setting.operator, formulas.variable(one.letter)), False),
        ])
        for one in outer
    ]  # fmt: skip

    def together(d: Sequence[int]) -> int:
        terms = [formulas.product([(partial(formulas, place, k), False), (d[n], False)]) for n, k in enumerate(varying)]
        return formulas.sum([(term, False) for term in terms])

    inner = tuple(node.operands[k] for k in varying)
    return Applied("chain", inner, together, formulas.sum([(term, False) for term in standing]), outer, inner)


RULES: dict[str, Callable[[Setting, int], Applied]] = {
    "add": _sum,
    "subtract": _difference,
    "negative": _constant_multiple,
    "multiply": _product,
    "divide": _quotient,
    "where": _piecewise,
}


def partial(formulas: Formulas, place: int, k: int) -> int:
    """The table's partial of an operation by operand k, written with the operation and its operands."""
    node = formulas.nodes[place]
    assert node.row is not None
    rule = node.row.partials[k]
    if not callable(rule):
        return formulas.constant(rule)
    trace = Trace()
    places = [place, *node.operands]
    # Some partials look at literal zeros; the value of a symbol only has to lie inside the domain.
    values = [1.0 if number is None else as_float(number) for number in (formulas.numbers[j] for j in places)]
    symbols = [trace.input(f"v{n}", value) for n, value in enumerate(values)]
    graph = trace.graph([rule(*symbols)])
    on_paper = NumberDomain(lambda number: _closed_form(formulas, number), formulas.tidied)
    written: list[int] = graph.replay(on_paper, places)
    return written[graph.outputs[0]]


def derivative_by(name: str, among_others: bool) -> Formula:
    """The operator d/dx, or that of a partial derivative where there are other variables."""
    d, latex, typst = ("∂", r"\partial", "partial") if among_others else ("d", "d", "dif")
    return Formula(
        f"{d}/{d}{TEXT.variable(name)}",
        rf"\frac{{{latex}}}{{{latex} {LATEX.variable(name)}}}",
        f"frac({typst}, {typst} {TYPST.variable(name)}) ",
    )


def _closed_form(formulas: Formulas, number: Any) -> int:
    text = CLOSED_FORMS.get(number)
    if text is None:
        return formulas.constant(number)
    place: int = run(parse(text), {}, formulas.constant, lambda row, *operands: formulas.tidied(row, operands))[0]
    return place


def _family(primitive: Primitive, k: int) -> str:
    return POWER[k] if primitive.name == "power" else FAMILIES.get(primitive.name, primitive.name)


def _letters(formulas: Formulas) -> Iterator[str]:
    """Letters that no variable of the function has."""
    taken = set(formulas.inputs)
    yield from (letter for letter in "uvw" if letter not in taken)
    yield from (f"u{k}" for k in count(1) if f"u{k}" not in taken)
