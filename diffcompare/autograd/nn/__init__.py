"""Modules, under PyTorch's names: building blocks that hold parameters and compute with them."""

from diffcompare.autograd.nn import functional, init
from diffcompare.autograd.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from diffcompare.autograd.nn.layers import (
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Identity,
    Linear,
    LogSoftmax,
    MSELoss,
    NLLLoss,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from diffcompare.autograd.nn.module import Module
from diffcompare.autograd.nn.parameter import Parameter

__all__ = [
    "Conv2d", "CrossEntropyLoss", "Flatten", "Identity", "Linear", "LogSoftmax", "MSELoss", "Module", "ModuleDict",
    "ModuleList", "NLLLoss", "Parameter", "ParameterDict", "ParameterList", "ReLU", "Sequential", "Sigmoid", "Softmax",
    "Tanh", "functional", "init",
]  # fmt: skip
