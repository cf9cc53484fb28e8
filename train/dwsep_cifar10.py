#!/usr/bin/python3
"""Trains a depthwise-separable network with SiLU and HardSwish on CIFAR-10 and writes it as ONNX.

Every block is a 3x3 convolution per channel with SiLU and a 1x1 convolution with HardSwish. Training keeps their inputs
within about +-3, where HardSwish is x (x + 3) / 6 and SiLU is a polynomial of degree 4 within 0.014.
"""

from torch import nn

from layers import conv
from ranged import Ranged
from recipe import Recipe, main


def hard_swish():
    return Ranged(nn.Hardswish(), degree=2, bound=3.0, penalty=0.02)


def silu():
    return Ranged(nn.SiLU(), degree=4, bound=3.0, penalty=0.02)


def block(inputs, outputs, stride):
    return [conv(inputs, inputs, 3, stride, groups=inputs), nn.BatchNorm2d(inputs), silu(),
            conv(inputs, outputs, 1), nn.BatchNorm2d(outputs), hard_swish()]


def build():
    return nn.Sequential(conv(3, 16), nn.BatchNorm2d(16), hard_swish(), *block(16, 32, 2), *block(32, 64, 1),
                         *block(64, 128, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


SETTINGS = {"epochs": 3, "batch": 128, "rate": 0.05, "weight_decay": 2e-4, "smoothing": 0.0, "shift": 2, "check_every": 1,
            "agree_epochs": 4, "agree_rate": 0.05}


if __name__ == "__main__":
    # HardSwish is an operator from opset 14 on.
    main(Recipe("dwsep_cifar10", build, "cifar10", SETTINGS, opset=14), __doc__)
