"""Formula text -> a postfix program, by our own whitelist.

A shunting-yard parser (E. W. Dijkstra, MR 34/61, Mathematisch Centrum Amsterdam 1961): it loops, so depth costs no
recursion, and nothing in the text is ever run as code.
"""

from __future__ import annotations

from diffcompare.errors import FormulaError
from diffcompare.expression.precedence import BINARY, COMPARISON, POWER, PREFIX, Bracket, Operand, Operator
from diffcompare.expression.primitives import CALLABLE, PRIMITIVES, Primitive, find
from diffcompare.expression.program import Apply, Instruction, Name, Number, Program
from diffcompare.expression.tokens import Token, number, tokens

DEEPEST = 500  # brackets inside brackets
LARGEST_EXPONENT = 10**6
LARGEST_CONSTANT_EXPONENT = 10**4  # of a number: its power is written out by computer algebra
FOLDED = ("minimum", "maximum")  # functions of two operands that a formula may give more


def parse(text: str) -> Program:
    """Read a formula.  Raises `FormulaError` with the place of the fault and what to write instead.

    >>> [type(i).__name__ for i in parse("-x^2").instructions]
    ['Name', 'Number', 'Apply', 'Apply']
    >>> parse("2x")
    Traceback (most recent call last):
    diffcompare.errors.FormulaError: an operator is missing between 2 and x; write 2*x for the product
      2x
       ^
    """
    return _Parser(text).program()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[Operator | Bracket] = []
        self.values: list[Operand] = []
        self.instructions: list[Instruction] = []
        self.indexed: dict[str, int] = {}

    def program(self) -> Program:
        """The whole text: operands and operators take turns."""
        self.tokens = tokens(self.text)
        self.place = 0
        self.outputs, self.listed = 1, False
        wants_operand = True
        while True:
            token = self.tokens[self.place]
            self.place += 1
            if token.kind == "end" and not wants_operand:
                break
            wants_operand = self.operand(token) if wants_operand else self.operator(token)
        self.reduce(0)
        if self.stack:
            bracket = self.stack[-1].token
            raise self.error(f"{bracket.text} is never closed; write {_closing(bracket.text)} where it ends", bracket)
        for value in self.values:
            self.no_condition(value)
        return Program(tuple(self.instructions), self.outputs, self.listed)

    def error(self, message: str, at: Token | Operand) -> FormulaError:
        return FormulaError(message, self.text, at.start, at.end)

    # Where an operand is expected -----------------------------------------------------------------------------------

    def operand(self, token: Token) -> bool:
        """Read a number, a name, a bracket or a sign; answers whether an operand is still expected."""
        if token.kind == "number":
            value = number(token, self.text)
            self.push(
                Number(value), Operand(token.start, token.end, constant=float(value) if abs(value) < 1e308 else 1e308)
            )
        elif token.kind == "name":
            return self.name(token)
        elif token.text in ("(", "["):
            return self.open(token)
        elif token.text in ("-", "+"):
            if token.text == "-":
                self.stack.append(Operator(PRIMITIVES["negative"], PREFIX, token))
            return True
        else:
            raise self.missing_operand(token)
        return False

    def missing_operand(self, token: Token) -> FormulaError:
        before = self.tokens[self.place - 2] if self.place > 1 else None
        if before is None:
            return self.error(f"the formula starts with {token.text}; write an operand before it", token)
        if token.kind == "end":
            return self.error(f"the formula ends after {before.text}; write what follows it", before)
        if before.text == "*" and token.text in ("*", "**"):
            return self.error("there are too many stars; write * for a product or ^ for a power", token)
        if before.text in ("(", "["):
            return self.error(f"there is nothing between {before.text} and {token.text}; write an operand there", token)
        return self.error(f"{token.text} stands directly after {before.text}; write an operand between them", token)

    def name(self, token: Token) -> bool:
        following = self.tokens[self.place]
        if following.text == "(":
            self.place += 1
            self.stack.append(Bracket(following, token, self.function(token)))
            self.check_depth(following)
            return True
        index, end = self.index(following) if following.text == "[" else ((), token.end)
        before = self.indexed.setdefault(token.text, len(index))
        if before != len(index):
            kinds = " and as ".join(map(_kind, sorted({before, len(index)}, reverse=True)))
            raise self.error(f"{token.text} is used both as {kinds}; write it one way", token)
        self.push(Name(token.text, index), Operand(token.start, end))
        return False

    def index(self, bracket: Token) -> tuple[tuple[int, ...], int]:
        """The entry in x[3] or W[0,1]: whole numbers, counted from 0."""
        index: list[int] = []
        while True:
            entry, sign = self.tokens[self.place + 1], self.tokens[min(self.place + 2, len(self.tokens) - 1)]
            if not entry.text.isdigit() or len(entry.text) > 6 or sign.text not in ("]", ","):
                raise self.error("an index is a whole number from 0; write for example x[0] or W[0,1]", entry)
            index.append(int(entry.text))
            self.place += 2
            if sign.text == "]":
                self.place += 1
                return tuple(index), sign.end

    def function(self, token: Token) -> Primitive:
        found = find(token.text)
        if found is not None:
            return found
        from difflib import get_close_matches

        near = get_close_matches(token.text, CALLABLE, n=1)
        if near:
            raise self.error(f"there is no function {token.text}; did you mean {near[0]}?", token)
        if len(token.text) <= 2:
            raise self.error(f"there is no function {token.text}; write {token.text}*(...) for a product", token)
        known = ", ".join(sorted({row.name for row in CALLABLE.values()}))
        raise self.error(f"there is no function {token.text}; the functions are {known}", token)

    def open(self, token: Token) -> bool:
        listing = token.text == "["
        if listing and (self.stack or self.instructions):
            raise self.error("several outputs stand in one list around the whole formula; write [f, g]", token)
        self.listed = self.listed or listing
        self.stack.append(Bracket(token, listing=listing))
        self.check_depth(token)
        return True

    def check_depth(self, token: Token) -> None:
        if len(self.stack) > DEEPEST and sum(isinstance(entry, Bracket) for entry in self.stack) > DEEPEST:
            raise self.error(
                f"brackets are nested more than {DEEPEST} deep; split the formula in a Python function", token
            )

    # Where an operator is expected ----------------------------------------------------------------------------------

    def operator(self, token: Token) -> bool:
        """Read an operator, a comma or a closing bracket; answers whether an operand is expected next."""
        if token.text in BINARY:
            precedence, name = BINARY[token.text]
            self.reduce(precedence, token)
            self.stack.append(Operator(PRIMITIVES[name], precedence, token))
            return True
        if token.text == ",":
            self.comma(token)
            return True
        if token.text in (")", "]"):
            self.close(token)
            return False
        before = self.tokens[self.place - 2]
        if find(before.text) is not None:
            raise self.error(f"{before.text} is a function; write {before.text}({token.text}) with brackets", token)
        written = token.text + ("(...)" if self.tokens[self.place].text == "(" and token.kind == "name" else "")
        left = before.text if before.kind != "sign" else "(...)"
        right = "(...)" if token.text == "(" else written
        raise self.error(
            f"an operator is missing between {before.text} and {token.text}; write {left}*{right} for the product",
            token,
        )

    def reduce(self, precedence: int, token: Token | None = None) -> None:
        """Apply the waiting operators that bind at least as tightly (a power waits for the one to its right)."""
        while self.stack and isinstance(self.stack[-1], Operator):
            waiting = self.stack[-1]
            if waiting.precedence < precedence or waiting.precedence == precedence == POWER:
                return
            if waiting.precedence == precedence == COMPARISON and token is not None:
                raise self.error("comparisons cannot be chained; write where(a < b, where(b < c, ...), ...)", token)
            self.stack.pop()
            self.apply(waiting.primitive, waiting.primitive.arity, waiting.token)

    def comma(self, token: Token) -> None:
        self.reduce(0)
        if not self.stack:
            raise self.error("a comma outside brackets; write [f, g] for several outputs", token)
        bracket = self.stack[-1]
        assert isinstance(bracket, Bracket)
        if bracket.primitive is None and not bracket.listing:
            raise self.error("a comma in round brackets; write [f, g] for several outputs", token)
        if bracket.primitive is PRIMITIVES["ln"] and bracket.operands == 1:
            self.apply(bracket.primitive, 1, bracket.token)
        if bracket.primitive is not None and bracket.primitive.name in FOLDED and bracket.operands > 1:
            self.apply(bracket.primitive, 2, bracket.token)
        bracket.operands += 1

    def close(self, token: Token) -> None:
        self.reduce(0)
        if not self.stack:
            raise self.error(f"{token.text} closes nothing; leave it out or open a bracket before it", token)
        bracket = self.stack.pop()
        assert isinstance(bracket, Bracket)
        if _closing(bracket.token.text) != token.text:
            raise self.error(
                f"{bracket.token.text} is closed by {token.text}; write {_closing(bracket.token.text)}", token
            )
        if bracket.listing:
            self.outputs = bracket.operands
            if self.tokens[self.place].kind != "end":
                raise self.error(
                    "the list of outputs ends the formula; write nothing after it", self.tokens[self.place]
                )
        elif bracket.primitive is not None and bracket.function is not None:
            self.call(bracket.primitive, bracket.operands, bracket.function, token)
        else:
            inside = self.values[-1]
            self.values[-1] = Operand(bracket.token.start, token.end, inside.condition, inside.constant)

    def call(self, primitive: Primitive, operands: int, function: Token, closing: Token) -> None:
        if primitive is PRIMITIVES["ln"] and operands == 2:  # the logarithm to a base
            self.apply(primitive, 1, function)
            self.apply(PRIMITIVES["divide"], 2, function)
        elif operands == primitive.arity or (primitive.name in FOLDED and operands > 1):
            self.apply(primitive, primitive.arity, function)
        else:
            count = f"{primitive.arity} operand{'s' * (primitive.arity > 1)}, not {operands}"
            raise self.error(
                f"{function.text} takes {count}; write {_usage(primitive, function.text)}",
                function,
            )
        last = self.values[-1]
        self.values[-1] = Operand(function.start, closing.end, last.condition, last.constant)

    # The program ----------------------------------------------------------------------------------------------------

    def push(self, instruction: Instruction, operand: Operand) -> None:
        self.instructions.append(instruction)
        self.values.append(operand)

    def apply(self, primitive: Primitive, count: int, token: Token) -> None:
        operands = self.values[len(self.values) - count :]
        del self.values[len(self.values) - count :]
        for position, operand in enumerate(operands):
            if primitive.name == "where" and position == 0:
                if not operand.condition:
                    raise self.error(
                        "the first operand of where is a comparison; write for example where(x > 0, x, 0)", operand
                    )
            else:
                self.no_condition(operand)
        if primitive.name == "power":
            self.check_exponent(*operands)
        constants = [operand.constant for operand in operands if operand.constant is not None]
        constant = primitive.value(*constants) if len(constants) == count and primitive.name != "where" else None
        comparison = token.text in BINARY and BINARY[token.text][0] == COMPARISON
        start = min([token.start, *(operand.start for operand in operands)])
        end = max([token.end, *(operand.end for operand in operands)])
        self.push(Apply(primitive, count), Operand(start, end, comparison, None if comparison else constant))

    def no_condition(self, operand: Operand) -> None:
        if operand.condition:
            raise self.error("a comparison is not a number; write where(condition, a, b)", operand)

    def check_exponent(self, base: Operand, exponent: Operand) -> None:
        size = abs(exponent.constant) if exponent.constant is not None else 0.0
        largest = LARGEST_EXPONENT if base.constant is None else LARGEST_CONSTANT_EXPONENT
        if size > largest:
            raise self.error(f"the exponent is {exponent.constant:.6g}; write one of at most {largest}", exponent)


def _kind(axes: int) -> str:
    """A variable by the number of its indices, in words."""
    return {0: "a number", 1: "a vector", 2: "a matrix"}.get(axes, f"an array of {axes} axes")


def _closing(opening: str) -> str:
    return ")" if opening == "(" else "]"


def _usage(primitive: Primitive, name: str) -> str:
    if primitive.name == "where":
        return "where(x > 0, a, b)"
    return f"{name}({', '.join('xyz'[: primitive.arity])})"
