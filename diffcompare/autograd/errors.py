"""Errors of tensors: PyTorch's error classes, so that code which catches those works here, with clearer words."""

from __future__ import annotations

from diffcompare.errors import DiffCompareError


class TensorError(DiffCompareError, RuntimeError):
    """Tensors or a recording used in a way that has no meaning: shapes, versions, freed graphs, modes."""


class TensorIndexError(DiffCompareError, IndexError):
    """An axis or an index that the tensor does not have."""


class TensorTypeError(DiffCompareError, TypeError):
    """An argument of a kind that the operation does not take."""


class TensorValueError(DiffCompareError, ValueError):
    """An argument of the right kind with a value that the operation does not take."""


class TensorAttributeError(DiffCompareError, AttributeError):
    """An attribute that is not there, or not there yet."""


class TensorKeyError(DiffCompareError, KeyError):
    """A name that is taken, or that cannot be one."""

    __str__ = Exception.__str__  # KeyError would quote the sentence


class NoForwardError(DiffCompareError, NotImplementedError):
    """A module without a `forward`."""
