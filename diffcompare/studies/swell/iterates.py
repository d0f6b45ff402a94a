"""The iterates of a recurrence in writing: l_n, its derivative by the rules, and the derivative simplified.

Polynomials are written as the lecture's table has them: l_n as a product of its factors, its derivative by the product
rule, the simplified form by rising powers.  Anything else is written as it was built, its derivative as SymPy gives it.
Source of the table: Baydin, Pearlmutter, Radul, Siskind, JMLR 18(153), 2018, Table 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from diffcompare.engines.symbolic import differentiated
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function, function
from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import ATOM, TEXT, Written
from diffcompare.expression.numbers import symbolic as sympy_domain
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.studies.lecture_notation import Formula
from diffcompare.studies.swell.recurrence import LETTER, START, step_graph

LONGEST = 1500  # characters of a formula that somebody may still read
LARGEST_DEGREE, MOST_TERMS = 64, 40  # of a polynomial that is factored
LARGEST = 100  # operations of SymPy's derivative that it is asked to simplify
LARGEST_POWER = 10**4  # product of all exponents in an iterate: SymPy multiplies powers of numbers out


class Iterate(NamedTuple):
    """l_n, its derivative by x, and that simplified."""

    function: Formula
    derivative: Formula
    simplified: Formula


def iterates(step: Function) -> Iterator[Iterate]:
    """The iterates n = 1, 2, 3, ... as long as they are short enough to read.

    >>> from diffcompare.studies.swell.recurrence import recurrence
    >>> first, second, *_ = iterates(recurrence("logistic"))
    >>> [formula.text for formula in second]
    ['4*x*(1 - x)', '4*(1 - x) - 4*x', '4 - 8*x']
    """
    coefficients = _polynomial_in_l(step)
    found = _as_built(step) if coefficients is None else _polynomials(coefficients)
    for texts in found:
        if max(map(len, texts)) > LONGEST:
            return
        yield Iterate(*(Formula(f.text(), f.latex(), f.typst()) for f in map(function, texts)))


def sympy_iterates(step: Function) -> Iterator[Any]:
    """l_1 = x, l_2, l_3, ... as SymPy builds them, each from the one before, as long as their powers are moderate."""
    import sympy as sp

    graph, domain = step_graph(step), sympy_domain()
    symbols = {name: sp.Symbol(name, real=True) for name in (START, *graph.names)}
    l_n, power, factor = symbols[START], 1.0, _power(graph)
    while power <= LARGEST_POWER:
        yield l_n
        power *= factor
        values = graph.replay(domain, [l_n if name == LETTER else symbols[name] for name in graph.names])
        l_n = values[graph.outputs[0]]


def _power(graph: Graph) -> float:
    """The product of all exponents of one step that do not vary."""
    varied = graph.varied()
    found = [node.operands[1] for node in graph.nodes if node.primitive is PRIMITIVES["power"]]
    return math.prod(max(1.0, abs(graph.nodes[i].value)) for i in found if not varied[i])


def _as_built(step: Function) -> Iterator[tuple[str, str, str]]:
    """l_n written out, SymPy's derivative of it, and the shortest of its simplified forms."""
    import sympy as sp

    graph = step_graph(step)
    l_n, x = Written(START, ATOM), sp.Symbol(START, real=True)
    for n, expression in enumerate(sympy_iterates(step)):
        if len(l_n.text) > LONGEST or expression.has(sp.nan, sp.zoo, sp.oo):
            return
        try:
            derivative = differentiated(expression, x)
            if derivative.count_ops() > LARGEST:
                return
            shortest = _simplified(derivative, _power(graph) ** n <= LARGEST_DEGREE)
            texts = [function(form).text() for form in (derivative, shortest)]
        except DiffCompareError:  # unevaluated, or with an operation that has no primitive
            return
        yield l_n.text, texts[0], texts[1]
        inputs = [l_n if name == LETTER else Written(name, ATOM) for name in graph.names]
        l_n = graph.replay(TEXT.domain, inputs)[graph.outputs[0]]


def _simplified(derivative: Any, factorable: bool) -> Any:
    import sympy as sp

    forms = [derivative, sp.factor_terms(derivative)]
    if factorable and derivative.is_rational_function() and not derivative.has(sp.Float):
        forms.append(sp.factor(derivative))
    return min(forms, key=lambda form: form.count_ops())


def _polynomial_in_l(step: Function) -> list[Any] | None:
    """The coefficients of l^k, ..., l, 1 as polynomials in x and the parameters; None where the step has none."""
    import sympy as sp

    graph = step_graph(step)
    if _power(graph) > LARGEST_DEGREE:
        return None
    l_n, x = sp.Symbol(LETTER, real=True), sp.Symbol(START, real=True)
    parameters = [sp.Symbol(name, real=True) for name in graph.names if name not in (LETTER, START)]
    values = graph.replay(sympy_domain(), [sp.Symbol(name, real=True) for name in graph.names])
    try:
        whole = sp.Poly(values[graph.outputs[0]], l_n, x, *parameters)
    except sp.PolynomialError:
        return None
    if not (whole.domain.is_ZZ or whole.domain.is_QQ) or whole.total_degree() > LARGEST_DEGREE:
        return None
    return [sp.Poly(c, x, *parameters, domain="QQ") for c in sp.Poly(whole.as_expr(), l_n).all_coeffs()]


def _polynomials(coefficients: list[Any]) -> Iterator[tuple[str, str, str]]:
    """The lecture's table for l_{n+1} = a polynomial in l_n, evaluated by Horner's scheme."""
    l_n = coefficients[0].from_expr(coefficients[0].gens[0], *coefficients[0].gens, domain="QQ")
    while l_n.total_degree() <= LARGEST_DEGREE and len(l_n.terms()) <= MOST_TERMS:
        coefficient, factors = _factored(l_n)
        yield _product(coefficient, factors), _by_product_rule(coefficient, factors), _expanded(l_n.diff(l_n.gens[0]))
        following = coefficients[0]
        for c in coefficients[1:]:
            if following.total_degree() + l_n.total_degree() > LARGEST_DEGREE:
                return
            following = following * l_n + c
        l_n = following


Factors = list[tuple[Any, int]]  # polynomials, each with its power


def _factored(polynomial: Any) -> tuple[Any, Factors]:
    """A number and factors whose lowest term is positive: 1 - x, not x - 1."""
    coefficient, found = polynomial.factor_list()
    factors: Factors = []
    for base, power in found:
        negative = min(base.terms())[1] < 0
        factors.append((-base if negative else base, power))
        coefficient *= (-1) ** power if negative else 1
    return coefficient, factors


def _by_product_rule(coefficient: Any, factors: Factors) -> str:
    """One term a factor, the largest coefficient first; a derivative that is a single term joins the others."""
    terms: list[tuple[Any, Factors]] = []
    for base, power in factors:
        slope = base.diff(base.gens[0])
        if slope.is_zero:
            continue
        number, powers = coefficient * power, dict(factors)
        powers[base] -= 1
        if len(slope.terms()) > 1:
            powers[slope] = powers.get(slope, 0) + 1
        else:
            ((exponents, c),) = slope.terms()
            number *= c
            for symbol, exponent in zip(slope.gens, exponents, strict=True):
                letter = slope.from_expr(symbol, *slope.gens, domain="QQ")
                powers[letter] = powers.get(letter, 0) + exponent
        terms.append((number, [(base, power) for base, power in powers.items() if power]))
    terms.sort(key=lambda term: -term[0])
    return _sum([(number < 0, _product(abs(number), part)) for number, part in terms])


def _expanded(polynomial: Any) -> str:
    """By rising powers, the common number in front where that leaves fewer digits to read."""
    number, rest = polynomial.primitive()
    whole, parted = _rising(polynomial), f"{number}*({_rising(rest)})"
    return min(whole, parted, key=lambda text: sum(map(str.isdigit, text)))


def _product(coefficient: Any, factors: Factors) -> str:
    """A number, letters, and other factors by degree and power: 16*x*(1 - x)*(1 - 2*x)^2."""

    def place(factor: tuple[Any, int]) -> tuple[bool, int, int]:
        base, power = factor
        return len(base.terms()) > 1, base.degree(), power

    written = []
    for base, power in sorted(factors, key=place):
        text = _rising(base) if len(base.terms()) == 1 else f"({_rising(base)})"
        written.append(text if power == 1 else f"{text}^{power}")
    if coefficient == -1 and written:
        return "-" + "*".join(written)
    return "*".join([str(coefficient), *written] if coefficient != 1 or not written else written)


def _rising(polynomial: Any) -> str:
    """A polynomial by rising powers: 1 - 8*x + 8*x^2."""
    terms = []
    for exponents, c in sorted(polynomial.terms()):
        x, *parameters = zip(polynomial.gens, exponents, strict=True)
        letters = [f"{name}^{k}" if k > 1 else str(name) for name, k in (*parameters, x) if k]
        number = [str(abs(c))] if abs(c) != 1 or not letters else []
        terms.append((c < 0, "*".join([*number, *letters])))
    return _sum(terms)


def _sum(terms: list[tuple[bool, str]]) -> str:
    """Terms, some of them negative."""
    text = ""
    for negative, term in terms:
        text += (" - " if text else "-") + term if negative else (" + " if text else "") + term
    return text or "0"
