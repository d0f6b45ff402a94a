"""The lecture's PyTorch snippets, taken out of its text and run as they stand, with only the library exchanged.

The text came out of slides, where tables lost their line breaks: those cells are cut into statements again.
"""

from __future__ import annotations

import ast
import html
import math
import re
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest

import diffcompare.autograd as torch
from diffcompare.autograd import nn
from tests.autograd.test_training import digits, train
from tests.corpus import LECTURE, needs_lecture

OURS = [
    (r"^import torch$", "import diffcompare.autograd as torch"),
    (r"^import torch.nn as nn$", "from diffcompare.autograd import nn"),
    (r"^from torch import nn$", "from diffcompare.autograd import nn"),
    (r"^import torch.nn.functional as F$", "from diffcompare.autograd.nn import functional as F"),
]


def parted() -> tuple[list[str], list[str]]:
    """Every piece of Python in the second half, in order, and the other texts that are set like code."""
    text = LECTURE.read_text()
    text = text[text.index("Linear Layer in PyTorch") :]
    pieces, others = [], []
    pattern = re.compile(r"(?P<before>[^\n]*)\n+```\n(?P<fenced>.*?)\n```|<pre>(?P<cell>.*?)</pre>", re.DOTALL)
    for match in pattern.finditer(text):
        if match["fenced"] is not None:
            code = match["before"].strip() != "Output" and _parses(match["fenced"])
            (pieces if code else others).append(match["fenced"])
        else:
            statements = list(_statements(html.unescape(match["cell"])))
            code = any("(" in statement for statement in statements) and all(map(_parses, statements))
            (pieces if code else others).append("\n".join(statements))
    return pieces, others


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def _statements(cell: str) -> Iterator[str]:
    """A line of code without its line breaks, cut into the longest pieces that are Python."""
    words = cell.split()
    while words:
        n = next((n for n in range(len(words), 0, -1) if _parses(" ".join(words[:n]))), len(words))
        yield " ".join(words[:n])
        words = words[n:]


@pytest.fixture(scope="module")
def code() -> list[str]:
    pieces, _ = parted()
    for theirs, ours in OURS:
        pieces = [re.sub(theirs, ours, piece, flags=re.MULTILINE) for piece in pieces]
    return pieces


def piece(code: list[str], *words: str) -> list[str]:
    """The snippets with all of these words."""
    found = [snippet for snippet in code if all(word in snippet for word in words)]
    assert found, words
    return found


def run(snippet: str, names: dict[str, Any]) -> str:
    """What a snippet prints."""
    with redirect_stdout(StringIO()) as printed:
        exec(compile(snippet, "<lecture>", "exec"), names)
    return printed.getvalue()


@pytest.fixture(name="names")
def with_the_first_modules(code: list[str]) -> dict[str, Any]:
    """The names that the slides have defined by the time of Net2."""
    names: dict[str, Any] = {"nn": nn, "torch": torch}
    for words in (("functional as F", "F.relu(self.conv1(x))"), ("m = MyLinear(4, 3)",)):
        run(piece(code, *words)[0], names)
    run(piece(code, "net = nn.Sequential")[0], names)
    run(piece(code, "class Net2")[0], names)
    return names


@needs_lecture
def test_no_snippet_is_left_out(code: list[str]) -> None:
    text = LECTURE.read_text()
    _, others = parted()
    assert len(code) == 20
    assert len(code) + len(others) == text.count("\n```\n") // 2 + text.count("<pre>")
    printed = ("Shape of X", "tensor(", "<--Check", "x: tensor(")
    signatures = ("CLASS torch.nn.", "requires_grad_(requires_grad=True)")
    assert [other for other in others if not other.startswith(printed + signatures)] == []


@needs_lecture
def test_every_snippet_runs_in_the_lecture_s_order(code: list[str]) -> None:
    names: dict[str, Any] = {
        "Module": nn.Module, "Parameter": nn.Parameter, "Tensor": torch.Tensor, "torch": torch, "nn": nn,
        "init": nn.init, "F": nn.functional, "math": math, "time": time, "batch_size": 64,
    }  # fmt: skip
    for snippet in code:
        if "loss.backward()" in snippet:  # of a loss that the slides do not show
            names["loss"] = names["model"](torch.rand(64, 1, 28, 28)).sum()
        if "class Net3" in snippet:  # as it stands in a test below, and small here
            snippet = snippet.replace("dim1 = 4096\ndim2 = 8192", "dim1, dim2 = 4, 8")
        run(snippet, names)


@needs_lecture
def test_submodules_are_registered_by_assignment(code: list[str]) -> None:
    names: dict[str, Any] = {}
    run(piece(code, "class Model")[0], names)
    model = names["Model"]()
    conv = "Conv2d({}, 20, kernel_size=(5, 5), stride=(1, 1))"
    assert [(name, repr(child)) for name, child in model.named_children()] == [
        ("conv1", conv.format(1)), ("conv2", conv.format(20)),
    ]  # fmt: skip
    assert [name for name, _ in model.named_parameters()] == [
        "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias",
    ]  # fmt: skip
    result = model(torch.rand(2, 1, 28, 28))
    assert result.shape == (2, 20, 20, 20)
    assert result.min().item() == 0.0
    assert model.to(torch.float64).conv1.weight.dtype is torch.float64  # "converted too when you call to()"


@needs_lecture
def test_my_linear_prints_and_lists_its_parameters(code: list[str]) -> None:
    for snippet in piece(code, "class MyLinear", "in_features, out_features"):
        if "Net3" not in snippet:
            run(snippet, {})
    names: dict[str, Any] = {}
    printed = run(piece(code, "m = MyLinear(4, 3)")[0], names)
    assert re.fullmatch(r"tensor\(\[.*\], grad_fn=<SqueezeBackward4>\)\n", printed)
    listed = run(piece(code, "m.named_parameters()")[0], names)
    assert listed.startswith("('weight', Parameter containing:\ntensor([[")
    assert listed.count("requires_grad=True") == 2


@needs_lecture
def test_modules_of_modules_print_what_they_compute(code: list[str], names: dict[str, Any]) -> None:
    for words in ("net = nn.Sequential", "class Net2"):
        printed = run(piece(code, words)[0], names)
        assert re.fullmatch(r"tensor\(\[-?[\d.e-]+\], grad_fn=<SqueezeBackward4>\)\n", printed)


@needs_lecture
def test_modules_are_building_blocks(code: list[str], names: dict[str, Any]) -> None:
    sequence = "Sequential(\n  (0): MyLinear()\n  (1): ReLU()\n  (2): MyLinear()\n)\n"
    net2 = "Net2(\n  (layer0): MyLinear()\n  (layer1): MyLinear()\n)"
    inner = "MyLinear()\nReLU()\nMyLinear()\n"
    assert run(piece(code, "for child in net.children()")[0], names) == f"Check net.children\n{inner}"
    assert run(piece(code, "for child in net.modules()")[0], names) == f"Check net.modules\n{sequence}{inner}"
    assert run(piece(code, "for child in net2.children()")[0], names) == (
        "<--Check net2.children()-->\nMyLinear()\nMyLinear()\n"
        f"<--Check net2.modules()-->\n{net2}\nMyLinear()\nMyLinear()\n"
    )
    assert run(piece(code, "net2.named_children()")[0], names | {"net": names["net2"]}) == (
        "<--Check net2.named_children()-->\n('layer0', MyLinear())\n('layer1', MyLinear())\n"
        f"<--Check net.named_modules()-->\n('', {net2})\n('layer0', MyLinear())\n('layer1', MyLinear())\n"
    )


@needs_lecture
def test_autograd_executes(code: list[str], names: dict[str, Any]) -> None:
    (snippet,) = [s for s in piece(code, "z.retain_grad()", "net2") if "requires_grad_(False)" not in s]
    printed = run(snippet, names)
    assert "grad_fn=<SqueezeBackward4>" in printed
    assert "dz: tensor([1.])" in printed
    net2, x = names["net2"], names["x"]
    hidden = (x @ net2.layer0.weight).detach()
    assert torch.allclose(net2.layer1.weight.grad[:, 0], hidden.relu())
    slope = net2.layer1.weight.detach()[:, 0] * (hidden > 0)
    assert torch.allclose(net2.layer0.weight.grad, x.detach().unsqueeze(1) * slope)
    assert torch.allclose(x.grad, net2.layer0.weight.detach() @ slope)


@needs_lecture
def test_a_frozen_layer_gets_no_gradient(code: list[str], names: dict[str, Any]) -> None:
    printed = run(piece(code, "net2.layer1.requires_grad_(False)")[0], names)
    assert "dw1: None" in printed
    assert names["net2"].layer0.weight.grad is not None
    assert names["x"].grad is not None
    weight = printed.split("w1: ")[1].split("z: ")[0]
    assert weight.startswith("Parameter containing:")
    assert "requires_grad" not in weight


@needs_lecture
def test_the_linear_layers_own_source_runs(code: list[str]) -> None:
    names = {
        "Module": nn.Module, "Parameter": nn.Parameter, "Tensor": torch.Tensor, "torch": torch, "math": math,
        "init": nn.init, "F": nn.functional,
    }  # fmt: skip
    run(piece(code, "class Linear(Module)")[0], names)
    torch.manual_seed(0)
    theirs = names["Linear"](4, 3)
    torch.manual_seed(0)
    ours = nn.Linear(4, 3)
    assert repr(theirs) == repr(ours)
    assert torch.equal(theirs.weight, ours.weight)
    assert torch.equal(theirs.bias, ours.bias)
    assert torch.equal(theirs(torch.ones(2, 4)), ours(torch.ones(2, 4)))


@needs_lecture
def test_what_was_calculated_is_verified(code: list[str]) -> None:
    names = {"nn": nn, "torch": torch, "F": nn.functional, "batch_size": 64}
    run(piece(code, "class NeuralNetwork")[0], names)
    images, labels = torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))
    names["loss"] = nn.CrossEntropyLoss()(names["model"](images), labels)
    assert run(piece(code, "diff1")[0], names).splitlines() == [
        "Shape of X: torch.Size([64, 512])",
        "Shape of dL/dX: torch.Size([64, 512])",
        "Shape of W: torch.Size([512, 512])",
        "Shape of dL/dW: torch.Size([512, 512])",
        "Shape of Y: torch.Size([64, 512])",
        "Shape of dL/dY: torch.Size([64, 512])",
        "Check dL/dX = dL/dY W^T, diff1= 0.0",
        "Check dL/dW = X^T dL/dY, diff2= 0.0",
    ]


@needs_lecture
def test_the_test_loop_runs(code: list[str]) -> None:
    class Loader(list[Any]):
        dataset = range(6)

    names: dict[str, Any] = {"torch": torch}
    run(piece(code, "def test_loop")[0], names)
    scores = torch.tensor([[9.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    batches = Loader([(scores, torch.tensor([0, 1, 1])), (scores, torch.tensor([0, 1, 0]))])
    with redirect_stdout(StringIO()) as printed:
        names["test_loop"](batches, nn.Identity(), nn.CrossEntropyLoss())
    assert "Accuracy: 83.3%, Avg loss: 1.50" in printed.getvalue()


@needs_lecture
def test_the_test_loop_sees_that_a_network_has_learnt_the_digits(code: list[str]) -> None:
    names: dict[str, Any] = {"torch": torch}
    run(piece(code, "def test_loop")[0], names)
    torch.manual_seed(0)
    training, testing = digits()
    model, loss_fn = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(10):
        train(training, model, loss_fn, optimizer)
    names |= {"testing": testing, "model": model, "loss_fn": loss_fn}
    accuracy = re.search(r"Accuracy: ([\d.]+)%", run("test_loop(testing, model, loss_fn)", names))
    assert accuracy
    assert float(accuracy[1]) > 95
    assert not model.training


@needs_lecture
def test_the_modes_are_compared(code: list[str]) -> None:
    names: dict[str, Any] = {"nn": nn, "torch": torch, "F": nn.functional, "time": time}
    run(piece(code, "class Net3")[0], names)
    recorded = {}
    for snippet in piece(code, "start_time", "net3(x)"):
        assert run(snippet, names).startswith("Forward computation takes:")
        mode = next((mode for mode in ("no_grad", "inference_mode") if mode in snippet), "default")
        recorded[mode] = (names["z"].requires_grad, names["z"].is_inference())
    assert recorded == {"default": (True, False), "no_grad": (False, False), "inference_mode": (False, True)}
