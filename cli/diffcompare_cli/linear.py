"""diffcompare linear: the linear layer without its Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option
from diffcompare_cli.layout import Block, Cell, Table, byte_count, number, presented

if TYPE_CHECKING:
    from diffcompare.studies.linear_layer import LinearLayer


@study_command("linear")
@click.option("--batch", type=int, metavar="B", default=64, show_default=True, help="Rows of X.")
@click.option("--inputs", type=int, metavar="H1", default=512, show_default=True, help="Columns of X, rows of W.")
@click.option("--outputs", type=int, metavar="H2", default=512, show_default=True, help="Columns of W.")
@format_option
def command(batch: int, inputs: int, outputs: int, layout: str) -> str:
    """Y = XW, its two Jacobians, which nobody wants to store, and dL/dX and dL/dW, which need neither of them.

    \b
    Example:
    diffcompare linear --batch 64 --inputs 512 --outputs 512
    """
    from diffcompare.studies.linear_layer import linear

    study = linear(batch, inputs, outputs)
    return presented(study.to_dict(), blocks(study), layout)


def blocks(study: LinearLayer) -> Iterator[Block]:
    """Shapes and bytes, the derivation, the verifications, the lecture's two sums."""
    rows, inner = study.shapes["X"]
    yield f"Y = XW with a batch of {rows}, {inner} inputs and {study.shapes['Y'][1]} outputs, in float32"
    yield Table(("", "shape", "bytes"), list(_weights(study)), frozenset({2}))
    memory = study.memory
    yield (
        f"One backward pass held {byte_count(memory.backward)} at most, as measured. Two Jacobians small enough to "
        f"build weigh {byte_count(memory.small)}; building them held {byte_count(memory.built)}."
    )
    yield [step.formula for step in study.derivation]
    checks: list[list[Cell]] = [
        [one.way, *(number(one.difference[name], 3) for name in ("dX", "dW"))] for one in study.verifications
    ]
    checks.append(["sum |autodiff - formula| in a network 784-H1-H2-10", *map(number, study.difference.values())])
    yield Table(("difference of", "dL/dX", "dL/dW"), checks, frozenset({1, 2}), wrapped=0)


def _weights(study: LinearLayer) -> Iterator[list[Cell]]:
    bytes_of = study.gradient_bytes | study.memory.jacobians
    for name, shape in study.shapes.items():
        title = {"dX": "dL/dX", "dW": "dL/dW"}.get(name, name.replace("_", "/"))
        yield [title, f"{shape[0]} x {shape[1]}", byte_count(bytes_of[name]) if name in bytes_of else ""]
