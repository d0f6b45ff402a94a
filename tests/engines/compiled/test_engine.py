"""The engine `compiled`: what it keeps and for how long, and functions that no entry can go through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import ENGINES, derivatives, engine_named
from diffcompare.errors import DiffCompareError, TracingError

scale = 2.0


def test_what_a_function_reads_may_change_between_two_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    inner, table = 3.0, [4.0]

    def default(x: Any, factor: Any = table) -> Any:
        return factor[0] * x**2

    functions = [dc.function(f) for f in (lambda x: scale * x**2, lambda x: inner * x**2, default)]

    def gradients(engine: str) -> list[float]:
        return [dc.gradient(f, at={"x": 1.0}, engine=engine)["x"] for f in functions]

    assert gradients("compiled") == [4.0, 6.0, 8.0]
    monkeypatch.setitem(globals(), "scale", 5.0)
    inner, table[0] = 6.0, 7.0
    assert gradients("compiled") == gradients("reverse") == [10.0, 12.0, 14.0]


def test_a_study_compiles_once_and_times_the_program() -> None:
    traced = 0

    def f(x: Any) -> Any:
        nonlocal traced
        traced += 1
        return np.sin(x) * x

    run = engine_named("compiled").run
    source = dc.function(f)
    slopes = [run(source, {"x": x}).jacobian[0, 0] for x in (1.0, 2.0, 3.0)]
    assert traced == 1
    assert slopes == [dc.grad(f)(x) for x in (1.0, 2.0, 3.0)]
    note = dc.compare(f, at={"x": 1.0}, engines=["compiled"]).engines[0].note
    assert note.startswith("compiled once, in ")


COMPLEX: list[tuple[Any, dict[str, Any]]] = [
    (lambda x: np.abs(np.exp(1j * x) * x), {"x": 2.0}),
    (lambda x: np.abs(np.sum(x * np.exp(1j * x))), {"x": np.array([0.5, 1.0, 2.0])}),
    (lambda x, y: [np.abs(np.exp(1j * x) * y), x * y, np.abs(x * 1j)], {"x": 2.0, "y": 3.0}),
    (lambda x, y: (np.abs(x * 1j + y), x * y, np.sum(x)), {"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "y": 0.5}),
]


@pytest.mark.parametrize(("f", "at"), COMPLEX)
def test_complex_numbers_on_the_way_go_by_whole_arrays(f: Any, at: dict[str, Any]) -> None:
    found, wanted = (derivatives(dc.function(f), at, engine) for engine in ("compiled", "finite-central8"))
    assert found.value == pytest.approx(wanted.value, rel=1e-14)
    assert found.jacobian == pytest.approx(wanted.jacobian, rel=1e-10, abs=1e-10)
    assert found.note.endswith("on whole arrays, not by entries")


def test_whole_arrays_take_part_in_a_comparison() -> None:
    def f(x: Any) -> Any:
        return np.linalg.eigvalsh(x)[1]

    reverse, compiled = dc.compare(f, at={"x": [[1.0, 0.5], [0.5, 2.0]]}, engines=["reverse", "compiled"]).engines
    assert compiled.gradient == pytest.approx(reverse.gradient, rel=1e-14)


def test_complex_values_have_no_gradient() -> None:
    def f(x: Any) -> Any:
        return np.exp(1j * x)

    with pytest.raises(DiffCompareError, match=r"f has complex values; give np\.real or np\.imag of it"):
        dc.gradient(f, at={"x": 2.0}, engine="compiled")
    with pytest.raises(DiffCompareError, match="f has complex values"):
        dc.compare(f, at={"x": 2.0}, engines=["reverse", "finite-central"])


@pytest.mark.parametrize("peer", [name for name, row in ENGINES.items() if row.guest])
def test_a_peer_refuses_complex_numbers_in_one_line_that_names_it(peer: str) -> None:
    pytest.importorskip(peer, reason=f"{peer} is not installed; pip install 'diffcompare[peers]' brings it")
    message = f"^{peer} takes a function entry by entry, in real numbers, unlike dc.grad and dc.compile: [^\n]*1j"
    with pytest.raises(TracingError, match=message):
        dc.gradient(lambda x: np.abs(np.exp(1j * x) * x), at={"x": 2.0}, engine=peer)
