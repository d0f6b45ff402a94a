"""PROVISIONAL parser so that colleagues can run; the real one replaces this file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from diffcompare.errors import FormulaError
from diffcompare.expression.primitives import PRIMITIVES, Primitive, find


@dataclass(frozen=True)
class Number:
    value: int | float


@dataclass(frozen=True)
class Name:
    name: str
    index: int | None


@dataclass(frozen=True)
class Apply:
    primitive: Primitive
    count: int


Instruction = Number | Name | Apply


@dataclass(frozen=True)
class Program:
    instructions: tuple[Instruction, ...]
    outputs: int
    listed: bool

    @property
    def names(self) -> tuple[str, ...]:
        key = lambda s: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", s)]
        return tuple(sorted({i.name for i in self.instructions if isinstance(i, Name)}, key=key))


TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([^\W\d]\w*)|(\*\*|<=|>=|==|!=|[-+*/^()\[\],<>]))"
)
BIN = {
    "<": (1, "less"),
    "<=": (1, "less_equal"),
    ">": (1, "greater"),
    ">=": (1, "greater_equal"),
    "==": (1, "equal"),
    "!=": (1, "not_equal"),
    "+": (2, "add"),
    "-": (2, "subtract"),
    "*": (3, "multiply"),
    "/": (3, "divide"),
}


def parse(text: str) -> Program:
    toks = []
    pos = 0
    s = text.rstrip()
    if not s:
        raise FormulaError("the formula is empty; write for example x^2")
    while pos < len(s):
        m = TOKEN.match(s, pos)
        if not m:
            raise FormulaError(f"cannot read {s[pos]!r}", text, pos)
        toks.append((m.group(1), m.group(2), m.group(3), m.start()))
        pos = m.end()
    toks.append((None, None, "", len(s)))
    out: list[Instruction] = []
    k = 0

    def peek():
        return toks[k][2]

    def eat(op):
        nonlocal k
        if peek() != op:
            raise FormulaError(f"expected {op!r}", text, toks[k][3])
        k += 1

    def expr(level):
        nonlocal k
        if level == 4:
            return unary()
        expr_(level)

    def expr_(level):
        nonlocal k
        if level > 3:
            return unary()
        expr_(level + 1)
        while toks[k][2] in BIN and BIN[toks[k][2]][0] == level:
            op = toks[k][2]
            k += 1
            expr_(level + 1)
            out.append(Apply(PRIMITIVES[BIN[op][1]], 2))

    def unary():
        nonlocal k
        if peek() in ("-", "+"):
            op = peek()
            k += 1
            unary()
            if op == "-":
                out.append(Apply(PRIMITIVES["negative"], 1))
        else:
            atom()
            if peek() in ("^", "**"):
                k += 1
                unary()
                out.append(Apply(PRIMITIVES["power"], 2))

    def atom():
        nonlocal k
        num, name, op, at = toks[k]
        if num:
            k += 1
            out.append(Number(int(num) if num.isdigit() else float(num)))
        elif name:
            k += 1
            if peek() == "(":
                p = find(name)
                if p is None:
                    raise FormulaError(f"unknown function {name!r}", text, at, at + len(name))
                k += 1
                n = 1
                expr_(1)
                while peek() == ",":
                    k += 1
                    n += 1
                    expr_(1)
                eat(")")
                if n != p.arity:
                    raise FormulaError(f"{name} takes {p.arity} arguments, not {n}", text, at)
                out.append(Apply(p, n))
            elif peek() == "[":
                k += 1
                i = int(toks[k][0])
                k += 1
                eat("]")
                out.append(Name(name, i))
            else:
                out.append(Name(name, None))
        elif op == "(":
            k += 1
            expr_(1)
            eat(")")
        else:
            raise FormulaError("expected a number, a name or a bracket", text, at)

    n = 1
    listed = peek() == "["
    if listed:
        k += 1
        expr_(1)
        while peek() == ",":
            k += 1
            n += 1
            expr_(1)
        eat("]")
    else:
        expr_(1)
    if toks[k][2] != "":
        raise FormulaError("unexpected", text, toks[k][3])
    return Program(tuple(out), n, listed)
