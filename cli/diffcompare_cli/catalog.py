"""diffcompare catalog: named functions."""

from __future__ import annotations

from typing import Any

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option
from diffcompare_cli.layout import Table, number, presented


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
    functions = [(entry.name, entry.function().text(), _point(entry.at)) for entry in entries]
    lessons = [(entry.name, entry.teaches) for entry in entries]
    tables = (Table(("name", "function", "at"), functions), Table(("name", "shows"), lessons, wrapped=1))
    return presented({"functions": data}, tables, layout)


def _point(at: dict[str, Any]) -> str:
    """The point as --at takes it."""
    written = []
    for name, value in at.items():
        if hasattr(value, "tolist"):
            written.append(f"{name}=[{','.join(number(v, 4) for v in value.tolist())}]")
        else:
            written.append(f"{name}={number(value)}")
    return ",".join(written)
