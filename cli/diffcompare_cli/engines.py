"""diffcompare engines: the ways to differentiate."""

from __future__ import annotations

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option
from diffcompare_cli.layout import Table, presented


@study_command("engines")
@format_option
def command(layout: str) -> str:
    """Two engines that share differentiation rules can be wrong together, so the table says whose rules they use."""
    from diffcompare.engines import ENGINES, obstacle

    found = [(row, obstacle(row)) for row in ENGINES.values()]
    engines = [
        {"engine": row.name, "kind": row.kind, "rules": row.rules, "available": not reason, "reason": reason}
        for row, reason in found
    ]
    rows = [(row.name, row.kind, row.rules, reason or "yes") for row, reason in found]
    table = Table(("engine", "kind", "differentiation rules", "runs here"), rows, wrapped=3)
    return presented({"engines": engines}, [table], layout)
