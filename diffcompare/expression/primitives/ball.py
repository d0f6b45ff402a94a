"""What the rows need of FLINT where a power series has no method of its own: decisions and compositions.

A ball is an `arb` (a value), an `arb_series` (a value with its derivatives, by FLINT's own rules) or an `acb` (a
complex value next to the real axis, where the real part decides).
"""

from __future__ import annotations

from typing import Any

from diffcompare.errors import NotDifferentiableError


def is_series(x: Any) -> bool:
    """Whether x carries derivatives (a power series) or is a plain ball."""
    return hasattr(x, "coeffs")


def lead(x: Any) -> Any:
    """The value ball of x: of a series its first coefficient, of a complex ball its real part."""
    return x[0] if is_series(x) else x.real


def is_real(x: Any) -> bool:
    """Whether x has no imaginary part."""
    return is_series(x) or bool(x.imag == 0)


def sign_of(x: Any, operation: str) -> int:
    """-1, 0 or 1; raises where the ball does not decide it, or where a series sits on the kink."""
    value = lead(x)
    if value > 0:
        return 1
    if value < 0:
        return -1
    if value == 0 and not (is_series(x) and x.length() > 1):
        return 0
    if value == 0:
        raise NotDifferentiableError(f"{operation} has a kink at 0, and the point sits on it")
    raise UndecidedError(f"{operation} changes at 0, and the ball there contains 0")


class UndecidedError(Exception):
    """The ball is too wide to decide a branch: more precision may help."""


def sqrt(x: Any) -> Any:
    """The square root; a series has none at 0, where the slope is infinite."""
    if lead(x) == 0 and is_series(x) and x.length() > 1:
        raise NotDifferentiableError("sqrt has no slope at 0")
    return x.sqrt()


def select(condition: Any, taken: Any, other: Any) -> Any:
    """The branch that a decided condition picks."""
    return taken if condition else other


def compared(x: Any, y: Any, operation: str) -> int:
    """The sign of x - y; a tie of two series is a point where the branch changes, a tie of two values is not."""
    return sign_of(x - y, operation)


def absolute(x: Any) -> Any:
    """The absolute value; a series and a complex ball continue the branch they are on."""
    return abs(x) if is_real(x) and not is_series(x) else sign_of(x, "abs") * x


def sign(x: Any) -> Any:
    """The sign, with derivative 0 away from the jump."""
    side = sign_of(x, "sign")
    return 0 * x + side


def constant(name: str) -> Any:
    """A constant that FLINT knows, at the working precision."""
    import flint

    return getattr(flint.arb, name)()


def natural_log(n: int) -> Any:
    """ln n."""
    import flint

    return flint.arb(n).log()


def power(x: Any, y: Any) -> Any:
    """x**y for a ball y: by repeated multiplication where y is an integer, by exp(y ln x) elsewhere."""
    exponent = lead(y)
    constant = y.length() <= 1 if is_series(y) else is_real(y)
    if constant and exponent.is_integer() and exponent.is_exact():
        n = int(exponent.unique_fmpz())
        if abs(n) <= 4096:
            return x**n if n >= 0 else 1 / x**-n
    if constant:
        base = lead(x)
        if base == 0 and is_real(x):
            return _zero_power(x, exponent)
        if base < 0 and exponent.is_integer():
            n = int(exponent.unique_fmpz())
            return (-1) ** (n % 2) * (exponent * (-x).log()).exp()
        if 2 * exponent == 1:
            return sqrt(x)
        return (exponent * x.log()).exp()
    return (y * x.log()).exp()


def _zero_power(x: Any, exponent: Any) -> Any:
    """0**p for p not an integer: 0 with as many derivatives as p is larger, a kink where the series needs more."""
    import flint

    if exponent > (flint.ctx.cap - 1 if is_series(x) else 0):
        return x * 0
    if exponent > 0:
        raise NotDifferentiableError(f"a power of {float(exponent):g} has too few derivatives at 0")
    raise NotDifferentiableError("a negative power is not defined at 0")


def arctan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y), by the quotient whose denominator is safely away from 0."""
    import flint

    across, up = lead(x), lead(y)
    if across > abs(up):
        return (y / x).atan()
    if -across > abs(up):
        if not (up >= 0 or up < 0):
            raise UndecidedError("arctan2 across its cut")
        return (y / x).atan() + (flint.arb.pi() if up >= 0 else -flint.arb.pi())
    if not (up > 0 or up < 0):
        raise UndecidedError("arctan2 at the origin or across its cut")
    quarter = flint.arb.pi() / 2
    return (quarter if up > 0 else -quarter) - (x / y).atan()


def polygamma(order: Any, x: Any) -> Any:
    """The derivative of ln gamma of order `order` + 1, read off FLINT's own series of ln gamma."""
    import flint

    n = int(lead(order).unique_fmpz())
    if not is_real(x):
        return x.polygamma(n)
    if is_series(x):
        # f(x0 + t) needs as many derivatives of ln gamma as x has coefficients, starting at order n + 1.
        length = max(x.length(), 2)
        outer = _lgamma_coefficients(lead(x), n + 1 + length)
        result, step, term = flint.arb_series([0]), x - lead(x), flint.arb_series([1])
        for k in range(length):
            result = result + outer(n + 1, k) * term
            term = term * step
        return result
    return _lgamma_coefficients(x, n + 2)(n + 1, 0)


def _lgamma_coefficients(x: Any, length: int) -> Any:
    """k-th Taylor coefficient of the d-th derivative of ln gamma at x, as a function (d, k)."""
    import flint

    cap, flint.ctx.cap = flint.ctx.cap, length + 1
    try:
        series = flint.arb_series([x, 1]).lgamma()
    finally:
        flint.ctx.cap = cap

    def coefficient(derivative: int, k: int) -> Any:
        falling = 1
        for factor in range(k + 1, k + derivative + 1):
            falling *= factor
        return series[derivative + k] * falling

    return coefficient
