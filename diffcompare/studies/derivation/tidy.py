"""Formulas put together as on paper: no term 0, no factor 1, numbers worked out and written first.

Every formula is a place in one shared graph, so that nothing is held twice and nothing recurses.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.notation import ATOM, LATEX, LONGEST, PRODUCT, SIGN, TEXT, TYPST, Rule, Written
from diffcompare.expression.primitives import PRIMITIVES, Primitive
from diffcompare.studies.lecture_notation import Formula

NOTATIONS = (
    replace(TEXT, rules=TEXT.rules | {"negative": Rule(SIGN, "-{0}", (PRODUCT,))}),  # -x*y: the sign is of the product
    LATEX,
    TYPST,
)
LARGEST_WHOLE = 10**15  # as a row of digits

Signed = tuple[int, bool]  # a term and whether it is subtracted, a factor and whether it divides


class Formulas:
    """Formulas over the inputs of a graph; a graph's own formulas keep their places and stay as they were written."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[Node] = []
        self.numbers: list[Fraction | None] = []  # of formulas made of literals and quotients of them
        self.operations: list[int] = []  # of each formula written out: an exact integer, tree unbuilt
        self.names: dict[int, str] = {}
        self._standing: dict[int, tuple[Formula, int]] = {}
        self._known: dict[Any, int] = {}
        self.inputs = graph.names
        names = iter(graph.names)
        for node in graph.nodes:
            if node.primitive is None and node.constant is None:
                self.names[len(self.nodes)] = name = next(names)
                self._append(node, ("variable", name))
            else:
                self._append(node, _key(node))

    # What a formula is made of ----------------------------------------------------------------------------------------

    def constant(self, number: Any) -> int:
        """A number."""
        exact = _exact(number)
        written = number if exact is None else _plain(exact)
        return self._known_or_new(Node(None, (), written, written))

    def variable(self, name: str) -> int:
        """A variable that is not an input of the graph."""
        place = self._known_or_new(Node(None, (), math.nan), ("variable", name))
        self.names[place] = name
        return place

    def standing(self, operator: Formula, place: int) -> int:
        """A derivative that still stands there: d/dx(x^2)."""
        standing = self._known_or_new(Node(None, (), math.nan), (operator, place))
        self._standing[standing] = operator, place
        self.operations[standing] = self.operations[place] + 1
        return standing

    def applied(self, primitive: Primitive, operands: Iterable[int]) -> int:
        """An operation, written as it is."""
        return self._known_or_new(Node(primitive, tuple(operands), math.nan))

    def tidied(self, primitive: Primitive, operands: Sequence[int]) -> int:
        """An operation, written as on paper.

        >>> import diffcompare as dc
        >>> formulas = Formulas(dc.function("x").formula())
        >>> x, two = 0, formulas.constant(2)
        >>> place = formulas.tidied(PRIMITIVES["multiply"], [x, formulas.tidied(PRIMITIVES["add"], [two, two])])
        >>> formulas.written()[place].text
        '4*x'
        """
        rule = TIDIED.get(primitive.name)
        return rule(self, *operands) if rule else self.applied(primitive, operands)

    def sum(self, terms: Iterable[Signed]) -> int:
        """A sum; pairs say of each term whether it is subtracted."""
        total: int | None = None
        stack = list(terms)[::-1]
        while stack:
            place, subtracted = stack.pop()
            node = self.nodes[place]
            name = node.primitive.name if node.primitive else ""
            number = self.numbers[place]
            if number == 0:
                continue
            if name == "negative":
                stack.append((node.operands[0], not subtracted))
            elif name in ("add", "subtract") and not subtracted:
                stack += [(node.operands[1], name == "subtract"), (node.operands[0], False)]
            elif total is None:
                total = self.negative(place) if subtracted else place
            elif number is not None and number < 0:
                total = self._two_terms(total, self.negative(place), not subtracted)
            else:
                total = self._two_terms(total, place, subtracted)
        return self.constant(0) if total is None else total

    def product(self, factors: Iterable[Signed]) -> int:
        """A product; pairs say of each factor whether it divides."""
        top, bottom = Fraction(1), Fraction(1)
        over: list[int] = []
        under: list[int] = []
        stack = list(factors)[::-1]
        while stack:
            place, divides = stack.pop()
            node, number = self.nodes[place], self.numbers[place]
            name = node.primitive.name if node.primitive else ""
            if name == "negative":
                top = -top
                stack.append((node.operands[0], divides))
            elif name in ("multiply", "divide"):
                stack += [(node.operands[1], divides != (name == "divide")), (node.operands[0], divides)]
            elif number is not None and divides and number != 0 and _writable(bottom * number):
                bottom *= number
            elif number is not None and not divides and _writable(top * number):
                top *= number
            else:
                (under if divides else over).append(place)
        return self._fraction(top, bottom, over, under)

    def negative(self, place: int) -> int:
        """A formula with its sign changed."""
        return self.product([(self.constant(-1), False), (place, False)])

    def power(self, base: int, exponent: int) -> int:
        """A power."""
        if self.numbers[exponent] == 0 or self.numbers[base] == 1:
            return self.constant(1)
        return base if self.numbers[exponent] == 1 else self.applied(PRIMITIVES["power"], (base, exponent))

    def written(self) -> list[Formula]:
        """Every formula in three notations; nothing where one is too long to be read."""
        return [Formula(*texts) for texts in zip(*map(self._column, range(len(NOTATIONS))), strict=True)]

    # How it is put together -------------------------------------------------------------------------------------------

    def _fraction(self, top: Fraction, bottom: Fraction, over: list[int], under: list[int]) -> int:
        if top == 0:
            return self.constant(0)
        quotient = top / bottom
        if top.denominator == bottom.denominator == 1:
            top, bottom = Fraction(quotient.numerator), Fraction(quotient.denominator)
        elif _writable(quotient):
            top, bottom = quotient, Fraction(1)
        for place in [*over]:
            if place in under:
                over.remove(place)
                under.remove(place)
        if not (under or over) and bottom == 1:
            return self.constant(_plain(quotient))
        result = self._chain(abs(top), over)
        if under or abs(bottom) != 1:
            result = self.applied(PRIMITIVES["divide"], (result, self._chain(abs(bottom), under)))
        return self.applied(PRIMITIVES["negative"], (result,)) if quotient < 0 else result

    def _chain(self, number: Fraction, factors: list[int]) -> int:
        """The number, then powers of variables, then everything else; a factor that stands there twice is a square."""
        times = Counter(factors)
        parts = [self.power(place, self.constant(times[place])) for place in sorted(times, key=self._rank)]
        if number != 1 or not parts:
            parts.insert(0, self.constant(_plain(number)))
        result = parts[0]
        for part in parts[1:]:
            result = self.applied(PRIMITIVES["multiply"], (result, part))
        return result

    def _two_terms(self, left: int, right: int, subtracted: bool) -> int:
        numbers = self.numbers[left], self.numbers[right]
        if numbers[0] is not None and numbers[1] is not None:
            number = numbers[0] + (-numbers[1] if subtracted else numbers[1])
            literals = all(self.nodes[place].constant is not None for place in (left, right))
            if literals and _writable(number):
                return self.constant(_plain(number))
            if not literals and number.denominator < LARGEST_WHOLE:
                return self._fraction(Fraction(number.numerator), Fraction(number.denominator), [], [])
        return self.applied(PRIMITIVES["subtract" if subtracted else "add"], (left, right))

    def _rank(self, place: int) -> int:
        """Where a factor stands in a product: numbers, then variables, constants and their powers, then the others."""
        node = self.nodes[place]
        if node.primitive is PRIMITIVES["power"] and self.numbers[node.operands[1]] is not None:
            place = node.operands[0]
        primitive = self.nodes[place].primitive
        if self.numbers[place] is not None:
            return 0
        return 1 if place in self.names or (primitive is not None and not primitive.arity) else 2

    def _column(self, which: int) -> list[str]:
        """Every formula in one notation."""
        notation = NOTATIONS[which]
        column: list[Written] = []
        for place, node in enumerate(self.nodes):
            if self.operations[place] > LONGEST:
                column.append(Written("", ATOM))
            elif node.row is not None:
                column.append(notation.apply(node.row, [column[j] for j in node.operands]))
            elif node.constant is not None:
                column.append(notation.constant(node.constant))
            elif place in self._standing:
                operator, part = self._standing[place]
                column.append(Written(operator[which] + notation.group(column[part].text), ATOM))
            else:
                column.append(Written(notation.variable(self.names[place]), ATOM))
        return [written.text for written in column]

    def _known_or_new(self, node: Node, key: Any = None) -> int:
        key = key or _key(node)
        place = self._known.get(key)
        return self._append(node, key) if place is None else place

    def _append(self, node: Node, key: Any) -> int:
        place = len(self.nodes)
        self.nodes.append(node)
        self._known.setdefault(key, place)
        self.operations.append(sum(self.operations[j] for j in node.operands) + bool(node.operands))
        self.numbers.append(self._number(node))
        return place

    def _number(self, node: Node) -> Fraction | None:
        if node.primitive is None:
            return _exact(node.constant)
        parts = [self.numbers[j] for j in node.operands]
        if node.primitive is PRIMITIVES["negative"] and parts[0] is not None:
            return -parts[0]
        if node.primitive is PRIMITIVES["divide"] and parts[0] is not None and parts[1]:
            return parts[0] / parts[1]
        return None


def _key(node: Node) -> Any:
    """What two nodes with the same formula have in common."""
    return (node.primitive, node.operands) if node.primitive else (type(node.constant), node.constant)


def _choice(formulas: Formulas, condition: int, x: int, y: int) -> int:
    return x if x == y else formulas.applied(PRIMITIVES["where"], (condition, x, y))


def _logarithm(formulas: Formulas, x: int) -> int:
    of_e = formulas.nodes[x].primitive is PRIMITIVES["e"]
    return formulas.constant(1) if of_e else formulas.applied(PRIMITIVES["ln"], (x,))


TIDIED: dict[str, Callable[..., int]] = {
    "add": lambda formulas, x, y: formulas.sum([(x, False), (y, False)]),
    "subtract": lambda formulas, x, y: formulas.sum([(x, False), (y, True)]),
    "multiply": lambda formulas, x, y: formulas.product([(x, False), (y, False)]),
    "divide": lambda formulas, x, y: formulas.product([(x, False), (y, True)]),
    "negative": Formulas.negative,
    "power": Formulas.power,
    "where": _choice,
    "ln": _logarithm,
}


def _exact(number: Any) -> Fraction | None:
    """A literal as the decimal number that it is on paper; None for what is no number there."""
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        return None
    return Fraction(repr(number) if isinstance(number, float) else number)


def _plain(number: Fraction) -> int | float:
    """A number that can be written, as a literal."""
    whole = number.denominator == 1 and (abs(number) < LARGEST_WHOLE or not _is_double(number))
    return int(number) if whole else float(number)


def _writable(number: Fraction) -> bool:
    """Whether a short literal stands for exactly this number."""
    return (number.denominator == 1 and abs(number) < LARGEST_WHOLE) or _is_double(number)


def _is_double(number: Fraction) -> bool:
    try:
        return Fraction(repr(float(number))) == number
    except (OverflowError, ValueError):
        return False
