"""diffcompare engines: the ways to differentiate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option
from diffcompare_cli.layout import Block, Table, presented


@study_command("engines")
@format_option
def command(layout: str) -> str:
    """Two engines that share differentiation rules can be wrong together, so the table says whose rules they use.
    A package that names a function under the entry points `diffcompare.engines` adds an engine of its own.
    """
    from diffcompare.engines import ENGINES, obstacle
    from diffcompare.engines.guests import installed, lacks, plugins

    found = [(row, obstacle(row)) for row in (*ENGINES.values(), *plugins())]
    engines = [
        {
            "engine": row.name, "kind": row.kind, "rules": row.rules, "does": row.does, "lacks": list(lacks(row)),
            "package": row.package, "version": installed(row), "available": not reason, "reason": reason,
        }
        for row, reason in found
    ]  # fmt: skip
    return presented({"engines": engines}, blocks(engines), layout)


def blocks(engines: list[dict[str, Any]]) -> Iterator[Block]:
    """Whose rules each engine uses, what it does, and what is to be done where it cannot run."""
    yield Table(
        ("engine", "kind", "differentiation rules", "package", "runs here"),
        [
            (row["engine"], row["kind"], row["rules"], f"{row['package']} {row['version']}".strip(),
             "yes" if row["available"] else "no")
            for row in engines
        ],
    )  # fmt: skip
    done = [(row["engine"], "; ".join([row["does"], *(f"no {name}" for name in row["lacks"])])) for row in engines]
    yield Table(("engine", "does"), [row for row in done if row[1]], wrapped=1)
    yield Table(
        ("engine", "does not run here"),
        [(row["engine"], row["reason"]) for row in engines if not row["available"]],
        wrapped=1,
    )
