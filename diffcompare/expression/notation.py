"""Printing as a number domain: a graph replayed in text, LaTeX or Typst.

A written value is its text and its precedence, so that parentheses stand exactly where reading needs them: the text
form parses back to the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from diffcompare.errors import BudgetError
from diffcompare.expression.numbers import NumberDomain

if TYPE_CHECKING:
    from diffcompare.expression.graph import Graph
    from diffcompare.expression.primitives import Operation

RELATION, SUM, SIGN, PRODUCT, FRACTION, POWER, ATOM = range(7)
LATEX_FUNCTIONS = frozenset(
    ["ln", "sin", "cos", "tan", "sec", "csc", "cot", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"]
)
LONGEST = 2000  # operations in the tree written out; beyond it nobody reads a formula

GREEK: dict[str, str] = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        re.findall(
            r"\w+",
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
            "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
        ),
        strict=True,
    )
)


class Written(NamedTuple):
    """A subexpression in writing."""

    text: str
    precedence: int


class Rule(NamedTuple):
    """How an operation is written: the result's precedence, a template, and what each operand must at least have."""

    precedence: int
    template: str
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Notation:
    """A way of writing formulas; operations without a rule are written as function calls."""

    name: str
    rules: dict[str, Rule]
    call: Callable[[str, str], str]  # (operation, operands) -> text
    group: Callable[[str], str]
    variable: Callable[[str], str]
    number: Callable[[Any], str]
    listing: tuple[str, str, str]

    def apply(self, primitive: Operation, operands: Sequence[Written]) -> Written:
        """One operation in writing."""
        rule = self.rules.get(primitive.name)
        if rule is None:
            return Written(self.call(primitive.name, ", ".join(x.text for x in operands)), ATOM)
        # A sign in front of the first factor needs no parentheses, -x*y, but makes the product bind like a sign.
        signed = rule.precedence == PRODUCT and operands[0].precedence == SIGN
        parts = [
            x.text if x.precedence >= least or (signed and not k) else self.group(x.text)
            for k, (x, least) in enumerate(zip(operands, rule.operands, strict=True))
        ]
        return Written(rule.template.format(*parts), SIGN if signed else rule.precedence)

    def constant(self, number: Any) -> Written:
        """A number in writing; a negative one binds like a sign."""
        text = self.number(number)
        return Written(text, SIGN if text.startswith("-") else ATOM)

    @property
    def domain(self) -> NumberDomain:
        """The number domain in which a graph replays to its own writing."""
        return NumberDomain(self.constant, self.apply)

    def write(self, graph: Graph, names: Sequence[str] | None = None) -> str:
        """The whole graph as one formula (a list where it has several outputs).

        Raises `BudgetError` where the tree written out has more than 2000 operations.
        """
        total = sum(graph.tree_operations()[i] for i in graph.outputs)
        if total > LONGEST:
            raise BudgetError(f"the formula written out has {total} operations; print the trace instead")
        inputs = [Written(self.variable(name), ATOM) for name in (names or graph.names)]
        values = graph.replay(self.domain, inputs)
        texts = [values[i].text for i in graph.outputs]
        opening, separator, closing = self.listing
        return texts[0] if len(texts) == 1 else opening + separator.join(texts) + closing


def _plain_number(number: Any) -> str:
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        return str(int(number)) if number else ("-0.0" if str(number).startswith("-") else "0")
    return repr(number)


def _scientific(times: str, power: Callable[[str], str]) -> Callable[[Any], str]:
    def write(number: Any) -> str:
        mantissa, e, exponent = _plain_number(number).partition("e")
        return f"{mantissa}{times}{power(str(int(exponent)))}" if e else mantissa

    return write


def _subscripted(letter: Callable[[str], str], subscript: Callable[[str], str]) -> Callable[[str], str]:
    """x1, x_1, x[1] and W[0,1] as a letter with a subscript; a name of several letters upright."""

    def write(name: str) -> str:
        match = re.fullmatch(r"(.*?)(?:_?(\d+)|_(\w+)|\[(\d+(?:,\d+)*)\])?", name)
        stem, *subscripts = match.groups() if match else (name,)
        index = next((s for s in subscripts if s), None)
        if not stem:
            return letter(name)
        return letter(stem) + (subscript(index) if index else "")

    return write


def _latex_letter(name: str) -> str:
    if name in GREEK.values():
        return f"\\{name}"
    return name if len(name) == 1 and name.isalpha() else rf"\mathrm{{{name}}}".replace("_", r"\_")


def _latex_variable(name: str) -> str:
    """A name in LaTeX, which has commands for Greek letters."""
    text = _subscripted(_latex_letter, lambda s: f"_{{{s}}}")(name)
    return re.sub(rf"[{''.join(GREEK)}](?=([A-Za-z])?)", lambda m: f"\\{GREEK[m[0]]}{' ' if m[1] else ''}", text)


def _typst_letter(name: str) -> str:
    if name in GREEK.values() or (len(name) == 1 and name.isalpha()):
        return name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')  # a SymPy symbol may have any name; Typst would run it
    return f'upright("{quoted}")'


def _typst_subscript(index: str) -> str:
    return f"_({index})" if index.replace(",", "").isdigit() else f'_"{index}"'


COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
_BINARY_SUMS = {
    "add": Rule(SUM, "{0} + {1}", (SUM, PRODUCT)),
    "subtract": Rule(SUM, "{0} - {1}", (SUM, PRODUCT)),
}


def _relations(signs: dict[str, str]) -> dict[str, Rule]:
    return {name: Rule(RELATION, f"{{0}} {sign} {{1}}", (SUM, SUM)) for name, sign in signs.items()}


TEXT = Notation(
    "text",
    _relations(COMPARISONS) | _BINARY_SUMS | {
        "multiply": Rule(PRODUCT, "{0}*{1}", (PRODUCT, POWER)),
        "divide": Rule(PRODUCT, "{0}/{1}", (PRODUCT, POWER)),
        "negative": Rule(SIGN, "-{0}", (POWER,)),
        "power": Rule(POWER, "{0}^{1}", (ATOM, POWER)),
        "pi": Rule(ATOM, "pi", ()),
        "e": Rule(ATOM, "e", ()),
    },
    lambda name, operands: f"{name}({operands})", lambda text: f"({text})", lambda name: name, _plain_number,
    ("[", ", ", "]"),
)  # fmt: skip

LATEX = Notation(
    "latex",
    _relations(COMPARISONS | {"less_equal": r"\le", "greater_equal": r"\ge", "equal": "=", "not_equal": r"\ne"})
    | _BINARY_SUMS | {
        "multiply": Rule(PRODUCT, r"{0} \, {1}", (PRODUCT, PRODUCT)),
        "divide": Rule(FRACTION, r"\frac{{{0}}}{{{1}}}", (RELATION, RELATION)),
        "negative": Rule(SIGN, "-{0}", (PRODUCT,)),
        "power": Rule(POWER, "{0}^{{{1}}}", (ATOM, RELATION)),
        "sqrt": Rule(ATOM, r"\sqrt{{{0}}}", (RELATION,)),
        "cbrt": Rule(ATOM, r"\sqrt[3]{{{0}}}", (RELATION,)),
        "abs": Rule(ATOM, r"\left|{0}\right|", (RELATION,)),
        "exp": Rule(POWER, "e^{{{0}}}", (RELATION,)),
        "log2": Rule(ATOM, r"\log_{{2}}\left({0}\right)", (RELATION,)),
        "log10": Rule(ATOM, r"\log_{{10}}\left({0}\right)", (RELATION,)),
        "gamma": Rule(ATOM, r"\Gamma\left({0}\right)", (RELATION,)),
        "loggamma": Rule(ATOM, r"\ln\Gamma\left({0}\right)", (RELATION,)),
        "polygamma": Rule(ATOM, r"\psi^{{({0})}}\left({1}\right)", (RELATION, RELATION)),
        "where": Rule(RELATION, r"\begin{{cases}} {1} & {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
                      (RELATION,) * 3),
        "pi": Rule(ATOM, r"\pi", ()),
        "e": Rule(ATOM, "e", ()),
    },
    lambda name, operands: (f"\\{name}" if name in LATEX_FUNCTIONS else rf"\operatorname{{{name}}}")
    + rf"\left({operands}\right)",
    lambda text: rf"\left({text}\right)", _latex_variable,
    _scientific(r" \cdot 10^", lambda s: f"{{{s}}}"), (r"\left[", ", ", r"\right]"),
)  # fmt: skip

TYPST = Notation(
    "typst",
    _relations(COMPARISONS | {"equal": "="}) | _BINARY_SUMS | {
        "multiply": Rule(PRODUCT, "{0} thin {1}", (PRODUCT, PRODUCT)),
        "divide": Rule(FRACTION, "frac({0}, {1})", (RELATION, RELATION)),
        "negative": Rule(SIGN, "-{0}", (PRODUCT,)),
        "power": Rule(POWER, "{0}^({1})", (ATOM, RELATION)),
        "sqrt": Rule(ATOM, "sqrt({0})", (RELATION,)),
        "cbrt": Rule(ATOM, "root(3, {0})", (RELATION,)),
        "abs": Rule(ATOM, "abs({0})", (RELATION,)),
        "exp": Rule(POWER, "e^({0})", (RELATION,)),
        "log2": Rule(ATOM, "log_2 ({0})", (RELATION,)),
        "log10": Rule(ATOM, "log_10 ({0})", (RELATION,)),
        "gamma": Rule(ATOM, "Gamma ({0})", (RELATION,)),
        "loggamma": Rule(ATOM, "ln Gamma ({0})", (RELATION,)),
        "polygamma": Rule(ATOM, "psi^(({0})) ({1})", (RELATION, RELATION)),
        "where": Rule(RELATION, 'cases({1} &"if" {0}, {2} &"otherwise")', (RELATION,) * 3),
        "pi": Rule(ATOM, "pi", ()),
        "e": Rule(ATOM, "e", ()),
    },
    lambda name, operands: f"{name} ({operands})" if name in LATEX_FUNCTIONS else f'op("{name}") ({operands})',
    lambda text: f"({text})", _subscripted(_typst_letter, _typst_subscript),
    _scientific(" dot 10^", lambda s: f"({s})"), ("[", ", ", "]"),
)  # fmt: skip
