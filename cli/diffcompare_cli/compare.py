"""diffcompare compare: all engines at one point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, format_option, function_argument, function_at
from diffcompare_cli.layout import Block, Cell, Table, number, partial_derivative, presented, seconds

MOST = 8  # variables with a line each; of more, only the one with the largest error is shown


@study_command("compare")
@function_argument()
@at_option
@click.option(
    "--engine",
    "engines",
    metavar="NAME",
    multiple=True,
    help="An engine that `diffcompare engines` lists; may be given again. [default: six of them]",
)
@format_option
def command(source: str, at: tuple[str, ...], engines: tuple[str, ...], layout: str) -> str:
    """The reference is computed in ball arithmetic, so its digits are proven; errors are against it.

    \b
    Example:
    diffcompare compare "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5
    """
    from diffcompare.studies.agreement import compare

    study = compare(*function_at(source, at), **({"engines": engines} if engines else {}))
    data = study.to_dict()
    return presented(data, blocks(data), layout)


def blocks(data: Mapping[str, Any]) -> Iterator[Block]:
    """The reference, a line for each engine and variable, the costs, the notes and the verdict."""
    point = ", ".join(f"{name} = {_written(value)}" for name, value in data["point"].items())
    yield [f"f = {data['function']}", f"at {point}", f"f = {number(data['value'])}"]
    yield reference(data)
    yield errors(data)
    available = [row for row in data["engines"] if row["available"]]
    costs = [
        [row["engine"], str(row["evaluations"]), str(row["operations"]), seconds(row["seconds"])] for row in available
    ]
    yield Table(("engine", "evaluations", "operations", "time"), costs, frozenset({1, 2, 3}))
    notes = [[row["engine"], row["note"]] for row in data["engines"] if row["note"]]
    yield Table(("engine", "note"), notes, wrapped=1)
    yield f"{data['verdict']['engine']}: {data['verdict']['reason']}"


def reference(data: Mapping[str, Any]) -> Table:
    """The proven derivatives and how much an error of the variable is magnified."""
    found = data["reference"]["gradient"]
    rows: list[list[Cell]] = [
        [partial_derivative("f", name), str(value), number(data["condition"].get(name), 3)]
        for name, value in found.items()
    ]
    return Table(("reference", f"{data['reference']['digits']} proven digits", "condition"), rows, frozenset({2}))


def errors(data: Mapping[str, Any]) -> Table:
    """Derivatives and their errors, a line for each engine and variable."""
    rows: list[list[Cell]] = []
    for row in data["engines"]:
        if not row["available"]:
            rows.append([row["engine"], "", "not available", "", "", ""])
            continue
        names = list(row["gradient"])
        if len(names) > MOST:
            names = [max(names, key=lambda name: _size(row["error"].get(name)))]
        for k, name in enumerate(names):
            measures = [number(row[kind].get(name), 3) for kind in ("error", "ulps", "digits")]
            engine = "" if k else row["engine"]
            rows.append([engine, name, number(row["gradient"][name]), *measures])
    headings = ("engine", "by", "derivative", "error", "ulps", "digits")
    return Table(headings, rows, frozenset({2, 3, 4, 5}))


def _size(error: Any) -> float:
    """The size of an error, infinite where there is no number."""
    size = abs(float(error)) if error is not None else float("inf")
    return size if size == size else float("inf")


def _written(value: Any) -> str:
    if hasattr(value, "__len__") and not isinstance(value, str):
        return f"[{', '.join(map(number, value))}]"
    return number(value)
