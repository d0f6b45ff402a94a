"""FLINT's side of the table next to the real axis and across branch cuts."""

import flint
import pytest

from diffcompare.engines.power_series import working
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.ball import UndecidedError

ROWS = [row for row in PRIMITIVES.values() if row.arity and row.name not in ("where", "polygamma")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_complex_balls_hold_what_python_computes(row: object) -> None:
    inner = [low + 0.37 * (high - low) for low, high in row.domain.cases]
    operands = [complex(x, 1e-3 * (k + 1)) for k, x in enumerate(inner)]
    with working(192):
        ball = row.ball(*map(flint.acb, operands))
    computed = row.complex(*operands)
    value = ball if isinstance(ball, bool) else complex(ball)
    assert abs(value - computed) <= 4e-15 * max(1, abs(computed))


def test_polygamma_of_a_complex_ball() -> None:
    row = PRIMITIVES["polygamma"]
    with working(192):
        ball = row.ball(flint.arb(1), flint.acb(2.5, 0.01))
    assert abs(complex(ball) - row.complex(1 + 0j, 2.5 + 0.01j)) < 1e-15


def test_a_ball_across_the_cut_of_the_angle_is_undecided() -> None:
    with pytest.raises(UndecidedError):
        PRIMITIVES["arctan2"].ball(flint.arb(0, 1e-3), flint.arb(-1))
    assert float(PRIMITIVES["arctan2"].ball(flint.arb(0), flint.arb(-1))) == pytest.approx(3.141592653589793)
