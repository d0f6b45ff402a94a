"""Optimisers beside PyTorch's, and the lecture's kind of network trained on the digits that scikit-learn brings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import diffcompare.autograd as torch
from diffcompare.autograd import nn
from tests.autograd.libraries import needs_torch, ours, same, theirs

RULES: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1},
    "SGD momentum": {"lr": 0.1, "momentum": 0.9},
    "SGD dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    "SGD nesterov": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "SGD decay": {"lr": 0.1, "weight_decay": 0.1},
    "Adam": {"lr": 0.05},
    "Adam other betas": {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-6, "weight_decay": 0.1},
}


def descend(T: Any, name: str, steps: int, x: Any, optimizer: Any = None) -> Any:
    optimizer = optimizer or getattr(T.optim, name.split()[0])([x], **RULES[name])
    for _ in range(steps):
        optimizer.zero_grad()
        ((x - T.tensor([1.0, 2.0, 3.0], dtype=T.float64)) ** 4).sum().backward()
        optimizer.step()
    return optimizer


@needs_torch
@pytest.mark.parametrize("name", RULES)
def test_optimisers_step_as_in_pytorch(name: str) -> None:
    found = []
    for T in (ours, theirs()):
        x = T.tensor([0.5, 1.0, 2.0], dtype=T.float64, requires_grad=True)
        descend(T, name, 20, x)
        found.append(x)
    same(found[0], found[1], 1e-12)


@pytest.mark.parametrize("name", RULES)
def test_the_state_of_an_optimiser_goes_into_another(name: str) -> None:
    start = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    whole, halves, rest = (start.clone().requires_grad_() for _ in range(3))
    descend(torch, name, 10, whole)
    first = descend(torch, name, 5, halves)
    with torch.no_grad():
        rest.copy_(halves)
    second = getattr(torch.optim, name.split()[0])([rest], lr=99.0)
    second.load_state_dict(first.state_dict())
    descend(torch, name, 5, rest, second)
    assert torch.equal(whole, rest)


def test_groups_have_settings_of_their_own() -> None:
    x, y = (torch.ones(1, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([{"params": [x]}, {"params": y, "lr": 1.0}], lr=0.5)
    (x + y).sum().backward()
    optimizer.step()
    assert x.item() == 0.5
    assert y.item() == 0.0
    with pytest.raises(ValueError, match="two groups"):
        optimizer.add_param_group({"params": [x]})


def test_a_closure_computes_the_loss() -> None:
    x = torch.tensor([3.0], requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)

    def loss() -> Any:
        optimizer.zero_grad()
        value = (x * x).sum()
        value.backward()
        return value

    assert optimizer.step(loss).item() == 9.0
    assert x.item() == pytest.approx(2.4)


class Batches:
    """Samples in batches, as the loops of the lecture take them: iterable, with a length and a data set."""

    def __init__(self, images: Any, labels: Any, size: int) -> None:
        self.dataset = list(zip(images, labels, strict=True))
        self.images, self.labels, self.size = torch.tensor(images), torch.tensor(labels), size

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.size)

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self.dataset), self.size):
            part = slice(start, start + self.size)
            yield self.images[part], self.labels[part]


def digits() -> tuple[Batches, Batches]:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    found = load_digits()
    images = (found.images / 16).astype(np.float32)
    parts = train_test_split(images, found.target.astype(np.int64), test_size=0.25, random_state=0)
    return Batches(parts[0], parts[2], 64), Batches(parts[1], parts[3], 64)


def train(batches: Batches, model: nn.Module, loss_fn: Any, optimizer: Any) -> None:
    model.train()
    for images, labels in batches:
        loss = loss_fn(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def evaluate(batches: Batches, model: nn.Module, loss_fn: Any) -> tuple[float, float]:
    """Accuracy and mean loss."""
    model.eval()
    loss, correct = 0.0, 0.0
    with torch.no_grad():
        for images, labels in batches:
            scores = model(images)
            loss += loss_fn(scores, labels).item()
            correct += (scores.argmax(1) == labels).type(torch.float).sum().item()
    return correct / len(batches.dataset), loss / len(batches)


@pytest.mark.parametrize(("optimizer", "settings"), [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 5e-3})])
def test_a_network_learns_the_digits(optimizer: str, settings: dict[str, float]) -> None:
    torch.manual_seed(0)
    training, testing = digits()
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )  # fmt: skip
    loss_fn = nn.CrossEntropyLoss()
    before, _ = evaluate(testing, model, loss_fn)
    rule = getattr(torch.optim, optimizer)(model.parameters(), **settings)
    for _ in range(20):
        train(training, model, loss_fn, rule)
    accuracy, loss = evaluate(testing, model, loss_fn)
    assert before < 0.3
    assert accuracy > 0.95
    assert loss < 0.2
