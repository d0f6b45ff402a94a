"""The two libraries under one name each, and how to compare what they answer."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import diffcompare.autograd as ours

needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed: pip install '.[peers]'")


def theirs() -> Any:
    import torch

    return torch


def same(a: Any, b: Any, tolerance: float) -> None:
    """Equal in shape, number type and entries, to a tolerance relative to the largest entry."""
    assert (a is None) == (b is None), (a, b)
    if a is None:
        return
    assert tuple(a.shape) == tuple(b.shape)
    assert str(a.dtype) == str(b.dtype)
    x, y = a.detach().numpy(), b.detach().numpy()
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * max(1.0, float(np.abs(y).max(initial=0))))


def raised(action: Callable[[Any], Any], library: Any) -> list[type]:
    """The built-in classes of the error that an action raises; empty where it raises none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            action(library)
    except Exception as error:
        return [
            cls for cls in type(error).__mro__ if cls.__module__ == "builtins" and cls not in (BaseException, object)
        ]
    return []


def quietly(action: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return action()


__all__ = ["needs_torch", "ours", "quietly", "raised", "same", "theirs"]
