"""FUNCTION as people name it: a formula, a Python function in a file or a module, or an entry of the catalogue."""

from __future__ import annotations

import importlib
import re
import sys
from typing import TYPE_CHECKING

from diffcompare.errors import SourceError
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.function import Function, function

if TYPE_CHECKING:
    from types import ModuleType

PYTHON = re.compile(r"(?P<where>[^:()]+\.py|[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")


def load(text: str) -> Function:
    """The function that a text names: `file.py:name`, `package.module:name`, a catalogue name, or a formula.

    Raises `SourceError` where the Python code cannot be imported and `FormulaError` where a formula cannot be read.

    >>> load("x^2"), load("lecture").names
    (Function('x^2'), ('x1', 'x2'))
    """
    text = text.strip()
    if text in CATALOG:
        return CATALOG[text].function()
    match = PYTHON.fullmatch(text)
    if match is None:
        if text.endswith(".py"):
            raise SourceError(f"{text} is a file; name the function in it as {text}:name")
        return function(text)
    module = _module(match["where"])
    found = getattr(module, match["name"], None)
    if not callable(found):
        names = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise SourceError(f"{match['where']} has no function {match['name']}; it has {', '.join(names) or 'none'}")
    return function(found, match["name"])


def _module(where: str) -> ModuleType:
    try:
        return _file(where) if where.endswith(".py") else importlib.import_module(where)
    except SourceError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise SourceError(f"{where} does not import: {type(error).__name__}: {error}") from error


def _file(where: str) -> ModuleType:
    from importlib import util
    from pathlib import Path

    path = Path(where)
    if not path.is_file():
        raise SourceError(f"there is no file {path}; check the path before the colon")
    spec = util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SourceError(f"{path} cannot be loaded as Python")
    module = util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))  # so that the file's own neighbours import
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module
