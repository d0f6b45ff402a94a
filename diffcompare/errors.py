"""Our exceptions: what is wrong, where, and what to write instead.  Every one is a `DiffCompareError`."""

from __future__ import annotations


class DiffCompareError(Exception):
    """Anything this package raises on purpose; the first line of the message says what to do about it."""


class FormulaError(DiffCompareError):
    """Formula text that cannot be read; shows an excerpt with a caret line under the fault."""

    def __init__(self, message: str, text: str = "", start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = start
        self.end = start + 1 if end is None else end

    def __str__(self) -> str:
        excerpt = excerpt_at(self.text, self.start, self.end)
        return f"{self.message}\n{excerpt}" if excerpt else self.message


class PointError(DiffCompareError):
    """A point that does not fit the function: missing, extra or non-numeric variables."""


class ArgumentError(PointError, TypeError):
    """A call with arguments that the function does not have; a `TypeError`, as it is where Python finds them."""


class TracingError(DiffCompareError):
    """Code that cannot be traced, with what to write instead."""


class SourceError(DiffCompareError):
    """Something that is not a function, or Python code that does not import or run."""


class NotDifferentiableError(DiffCompareError):
    """A point where the derivative does not exist."""


class BudgetError(DiffCompareError):
    """Work that would not end in reasonable time or memory."""


class OutputError(DiffCompareError):
    """A file that cannot be written."""


def raised(who: str, error: BaseException) -> str:
    """What the code of others raised, in one line.

    >>> raised("jax", ImportError("needs NumPy < 2\\nand more"))
    'jax raised ImportError: needs NumPy < 2'
    """
    first = next(iter(str(error).strip().splitlines()), "no message")
    return f"{who} raised {type(error).__name__}: {first}"


WIDTH = 72  # columns of an excerpt: it fits an 80-column terminal with an indent


def excerpt_at(text: str, start: int, end: int) -> str:
    """At most 72 columns of the text around a fault, and carets under it."""
    if not text:
        return ""
    line = "".join(" " if c.isspace() or not c.isprintable() else c for c in text)
    low = max(0, min(start - WIDTH // 2, len(line) - WIDTH))
    cut = line[low : low + WIDTH]
    carets = max(1, min(end, low + WIDTH) - start)
    return f"  {cut}\n  {' ' * (start - low)}{'^' * carets}"
