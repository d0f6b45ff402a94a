"""Symbolic differentiation rule by rule: every rule that is applied, what it is applied to and what it gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import signature
from typing import Any

from diffcompare.errors import BudgetError, DiffCompareError, PointError, SourceError
from diffcompare.expression.function import Function, function
from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import LONGEST
from diffcompare.expression.primitives import Kink
from diffcompare.studies.derivation.lines import Line, aligned, lines_of
from diffcompare.studies.derivation.rules import Applied, Outer, Setting, apply_rule, derivative_by, kinks_of
from diffcompare.studies.derivation.tidy import Formulas
from diffcompare.studies.lecture_notation import Formula
from diffcompare.studies.study import Study, as_html

MOST = 500  # operations that depend on the variable: beyond it nobody reads the derivation
DEEPEST = 60  # rules inside rules; what is nested deeper is not read either, and JSON readers recurse
LISTED = 12  # variables in an error
QUOTED = 40  # characters of an operand in a note


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied to a formula: the right-hand side it gives, and the derivative after the steps inside."""

    rule: str
    variable: str
    operator: Formula  # d/dx, as it is written before a formula
    formula: Formula
    standing: Formula | None  # the right-hand side with derivatives still to be worked out; None where there are none
    inner: tuple[tuple[str, Formula], ...]  # of the chain rule: the letters and what they stand for
    derivative: Formula
    notes: tuple[str, ...]  # where the rule is a convention
    above: bool  # the steps inside are those of the same formula further up
    steps: tuple[Step, ...]

    def to_dict(self, name: str) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "function": name,
            "variable": self.variable,
            "rule": self.rule,
            "formula": self.formula.text,
            "derivative": self.derivative.text,
            "standing": self.standing.text if self.standing else None,
            "inner": {letter: formula.text for letter, formula in self.inner},
            "notes": list(self.notes),
            "as_above": self.above,
            "steps": [step.to_dict(name) for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Derivation(Study):
    """The derivative of a function by one variable, with every step to it."""

    function: str
    step: Step
    notes: tuple[str, ...]

    @property
    def derivative(self) -> Formula:
        """What all the rules together give."""
        return self.step.derivative

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the outermost step, the others nested in it."""
        return {**self.step.to_dict(self.function), "notes": list(self.notes)}

    def lines(self) -> list[Line]:
        """The derivation as it is written on paper, the steps inside a rule indented under it.

        >>> import diffcompare as dc
        >>> for line in dc.steps("x*sin(x)").lines():
        ...     print("  " * line.depth + line.formula.text, line.rule)
        d/dx(x*sin(x)) product
        = d/dx(x)*sin(x) + x*d/dx(sin(x))
          d/dx(x) = 1 identity
          d/dx(sin(x)) = cos(x) trigonometric
        = sin(x) + x*cos(x)
        """
        return list(lines_of(self.step, 0))

    def latex(self) -> str:
        """The rows of an `align*` or `aligned` environment of amsmath; long sums take several rows."""
        return aligned(self.lines())

    def _repr_html_(self) -> str:
        lines = [
            {"derivation": "\N{EM SPACE}" * line.depth + line.formula.text, "rule": line.rule} for line in self.lines()
        ]
        return as_html(lines) + "".join(f"<p>{as_html(note)}</p>" for note in self.notes)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle\n\\begin{{aligned}}\n{self.latex()}\n\\end{{aligned}}$"


def steps(f: Any, wrt: str | None = None, at: Mapping[str, Any] | None = None) -> Derivation:
    """The derivative by one variable (the first where none is named), rule by rule.

    A point is needed only where the formula depends on it: Python code that branches, or that takes a vector.
    Raises `PointError` for an unknown variable or a missing point, `BudgetError` for a formula that is too long to be
    read rule by rule, `DiffCompareError` for several outputs.  The rules are those of the lecture and of any textbook;
    the derivatives of elementary functions are the partials of the table of primitives.

    >>> import diffcompare as dc
    >>> found = dc.steps("4*x*(1 - x)")
    >>> found.step.rule, found.derivative.text
    ('product', '4*(1 - x) - 4*x')
    """
    source = function(f)
    graph = _formula(source, at).merged()
    if len(graph.outputs) != 1:
        raise DiffCompareError(
            f"steps needs one output, and the function has {len(graph.outputs)}; give one of them alone"
        )
    variable = _variable(graph, source.name, wrt)
    place = graph.names.index(variable) if variable in graph.names else None
    formulas = Formulas(graph)
    _check_length(formulas, graph.outputs[0])
    operator = derivative_by(variable, len(graph.names) > 1)
    setting = Setting(formulas, place, _varied(graph, place), graph.varied(), operator)
    plan = _plan(setting, graph.outputs[0])
    derivatives: dict[int, int] = {}
    for formula in sorted(plan):  # operands come before what they are operands of
        derivatives[formula] = plan[formula].together([derivatives[part] for part in plan[formula].parts])
        _check_length(formulas, derivatives[formula])
    step = _Writer(setting, variable, plan, derivatives).step(graph.outputs[0])
    notes = list(dict.fromkeys(note for one in _walk(step) for note in one.notes))
    if graph.guards is not None:
        notes.insert(0, "this is the formula of the branches that the code takes at the point")
    return Derivation(source.name, step, tuple(notes))


def _formula(source: Function, at: Mapping[str, Any] | None) -> Graph:
    if at is not None:
        return source.trace(at)
    try:
        return source.formula()
    except (SourceError, ArithmeticError, TypeError) as error:
        raise PointError(f"{error}; if it needs a vector, give it a point: --at {source.names[0]}=[1,2,3]") from error


def _variable(graph: Graph, name: str, wrt: str | None) -> str:
    if wrt is None and not graph.names:
        raise PointError(f"{name} has no variable; name the one to differentiate by with --wrt, for example --wrt x")
    if wrt is None or wrt in graph.names or not graph.names:
        return wrt or graph.names[0]
    near = get_close_matches(wrt, graph.names, n=1)
    listed = ", ".join(graph.names[:LISTED]) + (", ..." if len(graph.names) > LISTED else "")
    advice = f"did you mean {near[0]}?" if near else f"the variables are {listed}"
    raise PointError(f"there is no variable {wrt}; {advice}")


def _varied(graph: Graph, place: int | None) -> bytearray:
    """One flag per formula: whether it depends on the variable."""
    flags = bytearray(len(graph.nodes))
    for i, node in enumerate(graph.nodes):
        flags[i] = i == place or any(flags[j] for j in node.operands)
    count = sum(flags) - bool(place is not None)
    if count > MOST:
        raise BudgetError(
            f"{count} operations depend on the variable, and nobody reads a derivation of more than {MOST}; "
            "differentiate a part of the formula, or see the numbers with trace"
        )
    return flags


def _check_length(formulas: Formulas, place: int) -> None:
    if formulas.operations[place] > LONGEST:
        raise BudgetError(
            f"a formula of this derivation has {formulas.operations[place]} operations written out, more than "
            f"{LONGEST}; trace differentiates without writing it out"
        )


def _plan(setting: Setting, root: int) -> dict[int, Applied]:
    """The rule of every formula that has to be differentiated, each formula once."""
    plan: dict[int, Applied] = {}
    stack = [root]
    while stack:
        place = stack.pop()
        if place not in plan:
            plan[place] = apply_rule(setting, place)
            stack += plan[place].parts
    depth: dict[int, int] = {}
    for place in sorted(plan):
        depth[place] = 1 + max((depth[part] for part in plan[place].parts), default=0)
    if depth[root] > DEEPEST:
        raise BudgetError(
            f"the derivation has rules inside rules to a depth of {depth[root]}, more than {DEEPEST}; "
            "differentiate a part of the formula, or see the numbers with trace"
        )
    return plan


class _Writer:
    """Writes the plan down as steps; a formula that comes again refers to where it was worked out."""

    def __init__(
        self, setting: Setting, variable: str, plan: Mapping[int, Applied], derivatives: Mapping[int, int]
    ) -> None:
        self.setting = setting
        self.variable = variable
        self.plan = plan
        self.derivatives = derivatives
        self.written = setting.formulas.written()
        self.done: set[int] = set()

    def step(self, place: int) -> Step:
        """The step of one formula with the steps inside it; the depth is bounded by the plan's."""
        applied = self.plan[place]
        above = place in self.done and bool(applied.parts)
        self.done.add(place)
        inner = [(one.letter, self.written[part]) for one, part in zip(applied.outer, applied.inner, strict=True)]
        inside: tuple[Step, ...] = ()
        if not above:
            outer = (self.outer(one, len(applied.outer) > 1) for one in applied.outer)
            inside = (*outer, *map(self.step, applied.parts))
        return Step(
            applied.rule,
            self.variable,
            self.setting.operator,
            self.written[place],
            None if applied.standing is None or above else self.formula(applied.standing),
            tuple(inner),
            self.written[self.derivatives[place]],
            tuple(self.remark(operation, kink) for operation, kink in kinks_of(self.setting, place)),
            above,
            inside,
        )

    def outer(self, one: Outer, among_others: bool) -> Step:
        """The derivative of the outer function of a chain rule by one of its letters."""
        operator = derivative_by(one.letter, among_others)
        formula, derivative = self.written[one.formula], self.formula(one.derivative)
        return Step(one.rule, one.letter, operator, formula, None, (), derivative, (), False, ())

    def formula(self, place: int) -> Formula:
        """A formula in writing, if it is short enough."""
        _check_length(self.setting.formulas, place)
        return self.written[place]

    def remark(self, place: int, kink: Kink) -> str:
        """Where a rule is a convention, in the words of the table of primitives."""
        primitive, operands = self.setting.formulas.nodes[place].primitive, self.setting.formulas.nodes[place].operands
        assert primitive is not None
        letters = tuple(signature(kink.at).parameters)  # as the table's words have them
        texts = [self.written[j].text for j in operands]
        operation = self.written[place].text
        if max(map(len, texts)) > QUOTED:
            texts, operation = [*letters], f"{primitive.name}({', '.join(letters)})"
        settled = {letter for letter, j in zip(letters, operands, strict=True) if not self.setting.free[j]}
        clauses = [c for c in kink.where.split(", ") if not (found := set(re.findall("[a-z]+", c))) or found - settled]
        named = dict(zip(letters, texts, strict=True))
        where = re.sub("[a-z]+", lambda match: named.get(match[0], match[0]), ", ".join(clauses))
        return f"{operation} at {where}: {kink.why}; convention: {kink.convention}"


def _walk(step: Step) -> Iterator[Step]:
    yield step
    for one in step.steps:
        yield from _walk(one)
