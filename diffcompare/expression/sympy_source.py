"""SymPy expressions as programs: the tree walked without recursion, SymPy's normal form written as a person would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcompare.errors import BudgetError, SourceError
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.program import Apply, Instruction, Name, Number, Program

LONGEST = 10**5  # parts: a SymPy expression shares its parts, a program writes each of them out
HEADS = {
    "exp": "exp", "log": "ln", "sin": "sin", "cos": "cos", "tan": "tan", "sec": "sec", "csc": "csc", "cot": "cot",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "Abs": "abs", "sign": "sign",
    "Max": "maximum", "Min": "minimum", "erf": "erf", "erfc": "erfc", "gamma": "gamma", "loggamma": "loggamma",
    "polygamma": "polygamma", "StrictLessThan": "less", "LessThan": "less_equal", "StrictGreaterThan": "greater",
    "GreaterThan": "greater_equal", "Equality": "equal", "Unequality": "not_equal",
}  # fmt: skip


def program_of(source: Any) -> Program:
    """The program of a SymPy expression, or of a list or matrix of them.

    Raises `SourceError` for a head that has no primitive and `BudgetError` for an expression that, written out, has
    more than 100,000 parts.

    >>> import sympy as sp
    >>> x, y = sp.symbols("x y")
    >>> [type(i).__name__ for i in program_of(x - y).instructions]
    ['Name', 'Name', 'Apply']
    """
    listed = isinstance(source, (list, tuple)) or hasattr(source, "tolist")
    outputs = list(source) if listed else [source]
    if not outputs:
        raise SourceError("an empty list is not a function; give at least one SymPy expression")
    instructions: list[Instruction] = []
    for output in outputs:
        instructions += _postfix(output)
    return Program(tuple(instructions), len(outputs), listed)


def _postfix(expression: Any) -> list[Instruction]:
    """Operands before operations, by a stack of what is still to be written (in reverse)."""
    import sympy as sp

    size = tree_nodes(expression)
    if size > LONGEST:
        raise BudgetError(f"the expression written out has {size} parts; give it as a Python function")
    done: list[Instruction] = []
    todo: list[Any] = [expression]
    while todo:
        item = todo.pop()
        if isinstance(item, (Number, Name, Apply)):
            done.append(item)
        else:
            todo.extend(reversed(_step(sp, item)))
    return done


def tree_nodes(expression: Any) -> int:
    """Nodes of the expression written out as a tree, counted on its shared parts.

    >>> import sympy as sp
    >>> tree_nodes(sp.Symbol("x") ** 2 + 1)
    5
    """
    return _from_the_leaves(expression, lambda parts: 1 + sum(parts))


def depth(expression: Any) -> int:
    """Levels of the expression's tree, the expression itself included.

    >>> import sympy as sp
    >>> depth(sp.sin(sp.Symbol("x") ** 2))
    3
    """
    return _from_the_leaves(expression, lambda parts: 1 + max(parts, default=0))


def _from_the_leaves(expression: Any, number: Callable[[list[int]], int]) -> int:
    """A number of each part from those of its own parts, each shared part visited once, without recursion."""
    known: dict[Any, int] = {}
    todo = [expression]
    while todo:
        node = todo[-1]
        missing = [part for part in node.args if part not in known]
        if missing:
            todo.extend(missing)
        else:
            known[node] = number([known[part] for part in node.args])
            todo.pop()
    return known[expression]


def _step(sp: Any, node: Any) -> list[Any]:
    """One node as operands followed by operations."""
    if isinstance(node, sp.Symbol):
        return [Name(node.name, ())]
    if isinstance(node, sp.Integer):
        return [Number(int(node))] if node >= 0 else [Number(-int(node)), _apply("negative")]
    if isinstance(node, sp.Rational):
        return [sp.Integer(node.p), Number(int(node.q)), _apply("divide")]
    if isinstance(node, sp.Float):
        return [Number(abs(float(node))), *([_apply("negative")] if node < 0 else [])]
    if node is sp.pi or node is sp.E:
        return [_apply("pi" if node is sp.pi else "e")]
    if isinstance(node, sp.Add):
        return _sum(node)
    if isinstance(node, sp.Mul):
        return _product(sp, node)
    if isinstance(node, sp.Pow):
        return _power(sp, node)
    if isinstance(node, sp.Piecewise):
        return _branches(sp, node)
    return _call(node)


def _sum(node: Any) -> list[Any]:
    """x + y + (-1) z as x + y - z, a positive term first."""
    terms = sorted(node.as_ordered_terms(), key=lambda term: term.could_extract_minus_sign())
    items = [terms[0]]
    for term in terms[1:]:
        minus = term.could_extract_minus_sign()
        items += [-term if minus else term, _apply("subtract" if minus else "add")]
    return items


def _product(sp: Any, node: Any) -> list[Any]:
    """x y^(-1) as x/y, and a leading -1 as a sign."""
    if node.could_extract_minus_sign():
        return [-node, _apply("negative")]
    above, below = sp.fraction(node)
    if below != 1:
        return [above, below, _apply("divide")]
    factors = node.as_ordered_factors()
    return [factors[0], *(item for factor in factors[1:] for item in (factor, _apply("multiply")))]


def _power(sp: Any, node: Any) -> list[Any]:
    base, exponent = node.as_base_exp()
    if base is sp.E:
        return [exponent, _apply("exp")]
    if exponent == sp.Rational(1, 2):
        return [base, _apply("sqrt")]
    if exponent.could_extract_minus_sign():
        return [Number(1), base if exponent == -1 else base**-exponent, _apply("divide")]
    return [base, exponent, _apply("power")]


def _branches(sp: Any, node: Any) -> list[Any]:
    """Piecewise as nested choices; its last branch must be the one for everything else."""
    *branches, (otherwise, condition) = node.args
    if condition is not sp.true:
        raise SourceError("a Piecewise without a last branch (..., True) has no value elsewhere; add one")
    items: list[Any] = []
    for value, test in branches:
        items += [test, value]
    return [*items, otherwise, *[_apply("where")] * len(branches)]


def _call(node: Any) -> list[Any]:
    head = type(node).__name__
    if head not in HEADS:
        known = "sums, products, powers, Piecewise, " + ", ".join(name for name in HEADS if name.islower())
        raise SourceError(f"SymPy's {head} in {node!s:.40} has no primitive here; there are {known}")
    primitive = PRIMITIVES[HEADS[head]]
    operands: Sequence[Any] = node.args
    if primitive.name in ("maximum", "minimum"):
        return [operands[0], *(item for operand in operands[1:] for item in (operand, _apply(primitive.name)))]
    return [*operands, _apply(primitive.name)]


def _apply(name: str) -> Apply:
    return Apply(PRIMITIVES[name], PRIMITIVES[name].arity)
