"""Symbolic, forward and reverse mode on every formula of the two collections, at every reference point."""

from __future__ import annotations

from collections import defaultdict

import pytest

import diffcompare as dc
from diffcompare.measure import measure
from tests.corpus import Reference, needs_corpus, references

FORMULAS: dict[str, list[Reference]] = defaultdict(list)
for reference in references():
    FORMULAS[reference.id].append(reference)


@needs_corpus
def test_the_collections_are_whole() -> None:
    assert len(FORMULAS) == 230


@needs_corpus
@pytest.mark.parametrize("engine", ["forward", "reverse", "symbolic"])
@pytest.mark.parametrize("identifier", list(FORMULAS) or ["absent"])
def test_gradients_agree_with_the_reference(identifier: str, engine: str) -> None:
    for reference in FORMULAS[identifier]:
        gradient = dc.gradient(reference.formula, at=reference.point, engine=engine)
        assert gradient.keys() == reference.gradient.keys()
        for name, truth in reference.gradient.items():
            found = measure(gradient[name], truth)
            assert found.status == "ok"
            assert found.relative <= reference.tolerance, (reference.point, name, found)
