"""diffcompare engines: the ways to differentiate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option
from diffcompare_cli.layout import Block, Table, presented
from diffcompare_cli.report import progress


@study_command("engines")
@format_option
def command(layout: str) -> str:
    """Two engines that share differentiation rules can be wrong together, so the table says whose rules they use.
    A package that names a function under the entry points `diffcompare.engines` adds an engine of its own.  Each engine
    is tried, which takes some seconds where large libraries are installed.
    """
    from diffcompare.engines import ENGINES, obstacle
    from diffcompare.engines.guests import installed, lacks, plugins

    found = []
    with progress() as tell:
        for row in (*ENGINES.values(), *plugins()):
            tell(f"trying {row.name}")
            found.append((row, obstacle(row)))
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
        ("engine", "kind", "differentiation rules", "runs here"),
        [(row["engine"], row["kind"], row["rules"], "yes" if row["available"] else "no") for row in engines],
    )
    yield Table(("engine", "does"), [(row["engine"], described(row)) for row in engines], wrapped=1)
    yield Table(
        ("engine", "does not run here"),
        [(row["engine"], row["reason"]) for row in engines if not row["available"]],
        wrapped=1,
    )


def described(row: dict[str, Any]) -> str:
    """The package of an engine, what the engine does, and which primitives it lacks.

    >>> described({"package": "torch", "version": "2.13.0", "does": "reverse mode", "lacks": ["gamma"]})
    'torch 2.13.0: reverse mode; no gamma'
    """
    package = f"{row['package']} {row['version']}".strip()
    does = "; ".join(filter(None, [row["does"], *(f"no {name}" for name in row["lacks"])]))
    return ": ".join(filter(None, [package, does]))
