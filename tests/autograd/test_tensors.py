"""Tensors as PyTorch has them: gradients, grad modes, modules, versions and errors."""

import numpy as np
import pytest

import diffcompare.autograd as torch
from diffcompare.autograd import nn
from diffcompare.autograd.nn import functional as F
from diffcompare.errors import DiffCompareError


class Product(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.matmul(x, self.weight)


class Digits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc1, self.fc2 = nn.Linear(784, 512, bias=False), nn.Linear(512, 512, bias=False)
        self.fc3 = nn.Linear(512, 10, bias=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.before = F.relu(self.fc1(self.flatten(images)))
        self.before.retain_grad()
        self.after = self.fc2(self.before)
        self.after.retain_grad()
        return self.fc3(F.relu(self.after))


def test_gradients_accumulate_in_leaves_until_they_are_zeroed() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    (w * w).sum().backward()
    assert w.grad.tolist() == [4.0, 8.0]
    w.grad.zero_()
    assert w.grad.tolist() == [0.0, 0.0]


def test_the_gradient_of_a_gradient_is_recorded_where_it_is_asked_for() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    slope = x.grad
    x.grad = None
    slope.backward()
    assert (slope.item(), x.grad.item()) == (27.0, 18.0)


def test_a_linear_layer_inside_a_network_has_the_gradients_of_the_two_formulas() -> None:
    torch.manual_seed(0)
    model, images, labels = Digits(), torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    nn.CrossEntropyLoss()(model(images), labels).backward()
    x_bar, w_bar, y_bar = model.before.grad, model.fc2.weight.grad, model.after.grad
    assert torch.sum(torch.abs(x_bar - torch.matmul(y_bar, model.fc2.weight))).item() == 0.0
    by_hand = torch.matmul(torch.transpose(model.before, 0, 1), y_bar)
    assert torch.sum(torch.abs(torch.transpose(w_bar, 0, 1) - by_hand)).item() == 0.0


def test_modules_list_their_parameters_and_show_themselves() -> None:
    net = nn.Sequential(Product(4, 3), nn.ReLU(), Product(3, 1))
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "2.weight"]
    assert [name for name, _ in net.named_modules()] == ["", "0", "1", "2"]
    assert repr(net) == "Sequential(\n  (0): Product()\n  (1): ReLU()\n  (2): Product()\n)"
    assert repr(nn.Linear(2, 3)) == "Linear(in_features=2, out_features=3, bias=True)"
    again = nn.Sequential(Product(4, 3), nn.ReLU(), Product(3, 1))
    again.load_state_dict(net.state_dict())
    x = torch.randn(4)
    assert torch.equal(net(x), again(x))


def test_a_frozen_part_receives_no_gradient() -> None:
    net = nn.Sequential(Product(4, 3), Product(3, 1))
    net[1].requires_grad_(False)
    net(torch.randn(4)).sum().backward()
    assert net[0].weight.grad is not None
    assert net[1].weight.grad is None


@pytest.mark.parametrize(("mode", "usable"), [(torch.no_grad, True), (torch.inference_mode, False)])
def test_the_modes_differ_in_what_may_be_used_later(mode: type, usable: bool) -> None:
    w = torch.ones(2, requires_grad=True)
    with mode():
        z = w * 2
    assert not z.requires_grad
    if usable:
        assert (z * w).requires_grad
    else:
        with pytest.raises(RuntimeError, match="inference"):
            z * w


def test_a_network_learns() -> None:
    torch.manual_seed(1)
    x = torch.randn(64, 4)
    y = torch.matmul(x, torch.tensor([[1.0], [-2.0], [0.5], [3.0]]))
    net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    losses = []
    for _ in range(300):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 50


def changed_in_place() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    y.add_(1)
    z.backward()


def backward_twice() -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    y.backward()


def not_a_scalar() -> None:
    (torch.ones(2, requires_grad=True) * 2).backward()


def leaf_in_place() -> None:
    torch.ones(2, requires_grad=True).add_(1)


@pytest.mark.parametrize("misuse", [changed_in_place, backward_twice, not_a_scalar, leaf_in_place])
def test_what_pytorch_refuses_is_refused(misuse: object) -> None:
    with pytest.raises(RuntimeError) as caught:
        misuse()  # type: ignore[operator]
    assert isinstance(caught.value, DiffCompareError)


def test_a_long_chain_neither_recurses_nor_crashes() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20000):
        y = y * 1.0001
    y.backward()
    assert x.grad.item() == pytest.approx(np.exp(2.0), rel=1e-2)
