"""The operations that Python's math, NumPy or C's math.h do not have, as text that a printed program brings along.

Each computes with the operations of its row of the table, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable

PYTHON = {
    "sign": """\
def sign(x):
    return float((x > 0.0) - (x < 0.0)) if x == x else x""",
    "minimum": """\
def minimum(x, y):
    return x + y if x != x or y != y else y if y < x else x""",
    "maximum": """\
def maximum(x, y):
    return x + y if x != x or y != y else y if y > x else x""",
    "relu": """\
def relu(x):
    return x if x > 0.0 or x != x else 0.0""",
    "sec": """\
def sec(x):
    return 1.0 / math.cos(x)""",
    "csc": """\
def csc(x):
    return 1.0 / math.sin(x)""",
    "cot": """\
def cot(x):
    return 1.0 / math.tan(x)""",
    "sigmoid": """\
def sigmoid(x):
    decay = math.exp(-abs(x))
    return (1.0 if x >= 0.0 else decay) / (1.0 + decay)""",
    "softplus": """\
def softplus(x):
    return (0.0 if x < 0.0 else x) + math.log1p(math.exp(-abs(x)))""",
    "logaddexp": """\
def logaddexp(x, y):
    return x if x == y == -math.inf else (y if y > x else x) + math.log1p(math.exp(-abs(x - y)))""",
    "polygamma": """\
def polygamma(n, x):
    from scipy import special
    return float(special.polygamma(int(n), x))""",
}
NUMPY = {
    "relu": """\
def relu(x):
    return np.maximum(x, 0.0)""",
    "sec": """\
def sec(x):
    return 1.0 / np.cos(x)""",
    "csc": """\
def csc(x):
    return 1.0 / np.sin(x)""",
    "cot": """\
def cot(x):
    return 1.0 / np.tan(x)""",
    "sigmoid": """\
def sigmoid(x):
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, decay) / (1.0 + decay)""",
    "softplus": """\
def softplus(x):
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))""",
    "polygamma": """\
def polygamma(n, x):
    from scipy import special
    return special.polygamma(n, x)""",
} | {
    name: f"{name} = np.vectorize(math.{function}, otypes=[float])"
    for name, function in (("erf", "erf"), ("erfc", "erfc"), ("gamma", "gamma"), ("loggamma", "lgamma"))
}  # fmt: skip
C = {
    "sign": "static double sign(double x) { return x == x ? (x > 0.0) - (x < 0.0) : x; }",
    "minimum": "static double minimum(double x, double y) "
    "{ return x != x || y != y ? x + y : y < x ? y : x; }",
    "maximum": "static double maximum(double x, double y) "
    "{ return x != x || y != y ? x + y : y > x ? y : x; }",
    "relu": "static double relu(double x) { return x > 0.0 || x != x ? x : 0.0; }",
    "sec": "static double sec(double x) { return 1.0 / cos(x); }",
    "csc": "static double csc(double x) { return 1.0 / sin(x); }",
    "cot": "static double cot(double x) { return 1.0 / tan(x); }",
    "sigmoid": """\
static double sigmoid(double x) {
    double decay = exp(-fabs(x));
    return (x >= 0.0 ? 1.0 : decay) / (1.0 + decay);
}""",
    "softplus": "static double softplus(double x) { return (x < 0.0 ? 0.0 : x) + log1p(exp(-fabs(x))); }",
    "logaddexp": """\
static double logaddexp(double x, double y) {
    return x == y && x == -INFINITY ? x : (y > x ? y : x) + log1p(exp(-fabs(x - y)));
}""",
}  # fmt: skip
DEFINITIONS = {"python": PYTHON, "numpy": NUMPY, "c": C}


def definitions(target: str, names: Iterable[str]) -> list[str]:
    """The definitions that a program of these operations needs, in order.

    >>> definitions("c", ["sin", "sec"])
    ['static double sec(double x) { return 1.0 / cos(x); }']
    """
    present = set(names)
    return [text for name, text in DEFINITIONS[target].items() if name in present]
