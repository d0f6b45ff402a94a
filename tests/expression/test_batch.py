"""A batch of seeds gives what the seeds give one by one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import diffcompare as dc
from diffcompare.engines.automatic import tangents
from diffcompare.expression.batch import Batch
from diffcompare.expression.containers import leaves
from diffcompare.expression.variable import Trace
from tests.expression import cases_of_arrays, cases_of_entries, cases_of_matrices  # noqa: F401  they register cases
from tests.expression.array_cases import BUILDERS, cases


@pytest.mark.parametrize("name", BUILDERS)
def test_a_jacobian_in_one_sweep_is_that_of_a_sweep_for_each_row(name: str) -> None:
    @settings(max_examples=8, deadline=None)
    @given(cases(name))
    def check(case: Any) -> None:
        x, rest = np.asarray(case.arguments[0], dtype=float), case.arguments[1:]

        def f(x: Any) -> Any:
            parts = leaves(case.function(np, x, *rest))
            return np.concatenate([np.ravel(part) for part in parts])

        y = f(x + 0.0)
        pullback = dc.vjp(f)(x)
        rows = [np.asarray(pullback(unit)) for unit in np.eye(len(y))]
        wanted = np.array(rows).reshape(*y.shape, *x.shape)
        for engine in ("reverse", "forward"):
            assert np.allclose(dc.jacobian(f, engine=engine)(x), wanted, rtol=1e-9, atol=1e-9, equal_nan=True)

    check()


def test_a_batch_passes_an_operation_without_a_rule_value_by_value() -> None:
    trace = Trace(entrywise=False)
    x = trace.input("x", np.array([3.0, 1.0, 2.0]))
    graph = trace.graph([np.sort(x)])
    (place,) = graph.outputs
    assert np.array_equal(tangents(graph, [Batch(np.eye(3))])[place].value, np.eye(3)[:, [1, 2, 0]])


def test_a_zero_of_a_jacobian_has_no_sign() -> None:
    found = dc.jacobian(lambda x: -2.0 * x)(np.ones(3))
    assert not np.signbit(found[found == 0]).any()
