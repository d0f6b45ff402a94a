"""diffcompare catalog: named functions."""

from __future__ import annotations

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option
from diffcompare_cli.layout import Table, presented, written


@study_command("catalog")
@format_option
def command(layout: str) -> str:
    """A name stands for its function in every command, and brings a point along.

    \b
    Example:
    diffcompare compare lecture
    """
    from diffcompare.expression.catalog import CATALOG

    entries = CATALOG.values()
    data = [
        {
            "name": entry.name,
            "function": entry.function().text(),
            "at": entry.at,
            "teaches": entry.teaches,
            "origin": entry.origin,
            "any_size": entry.sized is not None,
        }
        for entry in entries
    ]
    functions = [
        (
            entry.name,
            entry.function().text(),
            ",".join(f"{name}={written(value, 4)}" for name, value in entry.at.items()),
        )
        for entry in entries
    ]
    lessons = [(entry.name, entry.teaches) for entry in entries]
    tables = (Table(("name", "function", "at"), functions), Table(("name", "shows"), lessons, wrapped=1))
    return presented({"functions": data}, tables, layout)
