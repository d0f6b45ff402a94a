"""Engines that run the code of others: the peers, and the plug-ins of other packages.

What such code raises becomes one line, its warnings are left out (a nan or an infinity is seen in the answer), and its
answer is taken only if it is the record that an engine owes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distributions, version
from pkgutil import resolve_name

import numpy as np

from diffcompare.engines import ENGINES, Derivatives, Engine
from diffcompare.errors import DiffCompareError, TracingError, raised
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, point_inputs

GROUP = "diffcompare.engines"  # of entry points


def plugins() -> list[Engine]:
    """An engine for each entry point of the group, whether or not it works; nothing of it is imported.

    >>> [row.name for row in plugins()]
    []
    """
    found = {(entry.name, entry.value): package for package in distributions() for entry in _offered(package)}
    return [
        Engine(name, "plug-in", "its own", *_place(value), "", package.name, guest=True)
        for (name, value), package in found.items()
    ]


def _offered(package: Distribution) -> list[EntryPoint]:
    """A package's entry points in the group; none where its metadata cannot be read."""
    try:
        return list(package.entry_points.select(group=GROUP))
    except Exception:  # whatever Python's own reader meets in a file that it cannot parse
        return []


def _place(value: str) -> tuple[str, str]:
    module, _, call = value.partition(":")
    return module.strip(), call.strip()


def hosted(engine: Engine) -> Callable[[Function, Point], Derivatives]:
    """The engine's function, its library imported; raises `DiffCompareError` for whatever goes wrong in it."""
    with _guarded(engine):
        if engine.name in ENGINES:
            import_module(engine.package)
        call = resolve_name(f"{engine.module}:{engine.call}")

    def run(function: Function, point: Point) -> Derivatives:
        with _guarded(engine):
            try:
                answer = call(function, point)
            except TracingError as error:
                unlike = "takes a function entry by entry, in real numbers, unlike dc.grad and dc.compile"
                raise TracingError(f"{engine.name} {unlike}: {error}") from error
            if not isinstance(answer, Derivatives):
                raise DiffCompareError(f"{engine.name} answered with a {type(answer).__name__}; it owes Derivatives")
            value, jacobian = list(map(float, answer.value)), np.asarray(answer.jacobian, dtype=float)
            wanted = (len(value), len(point_inputs(point)))
            if jacobian.shape != wanted:
                raise DiffCompareError(
                    f"{engine.name} answered with a Jacobian of shape {jacobian.shape}, not {wanted}"
                )

        def count() -> int | None:
            with _guarded(engine):
                return answer.operations

        return replace(answer, value=value, jacobian=jacobian, counted=count)

    return run


@contextmanager
def _guarded(engine: Engine) -> Iterator[None]:
    """Foreign code: no warnings, and whatever it raises, SystemExit too, is a `DiffCompareError` of one line."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    except (DiffCompareError, KeyboardInterrupt):
        raise
    except BaseException as error:
        absent = missing(engine) if isinstance(error, ImportError) else ""
        raise DiffCompareError(absent or raised(engine.name, error)) from error


def installed(engine: Engine) -> str:
    """The version of the package that an engine needs; empty where it is not installed, and where it needs none."""
    try:
        return version(engine.package) if engine.package else ""
    except PackageNotFoundError:
        return ""


def missing(engine: Engine) -> str:
    """That the package of an engine is not installed, with the command that installs it; empty where it is."""
    absent = engine.package and not installed(engine)
    return f"{engine.package} is not installed; pip install {engine.package}" if absent else ""


def lacks(engine: Engine) -> tuple[str, ...]:
    """The primitives that a peer cannot differentiate."""
    library = getattr(import_module(engine.module), "LIBRARY", None) if engine.name in ENGINES else None
    return () if library is None else tuple(library.lacks)
