"""The parts of complex numbers.  Derivatives are not conjugated: an adjoint is multiplied by the derivative itself.

That is the convention of HIPS autograd and JAX: where the result is real, the adjoint of z = x + iy is
∂/∂x - i ∂/∂y, and a real operand receives the real part.
"""

from __future__ import annotations

import numpy as np

from diffcompare.expression.primitives.arithmetic import multiply
from diffcompare.expression.primitives.structural import Structural

real_part = Structural("real", 1, np.real, lambda k, v_bar, v, x: v_bar)
imaginary_part = Structural("imag", 1, np.imag, lambda k, v_bar, v, x: multiply(-1j, v_bar))
conjugate: Structural = Structural("conjugate", 1, np.conj, lambda k, v_bar, v, x: conjugate(v_bar))
