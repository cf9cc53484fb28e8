#!/usr/bin/python3
"""Trains a depthwise-separable network with SiLU and HardSwish on CIFAR-10 and writes it as ONNX.

Every block is a 3x3 convolution per channel with SiLU and a 1x1 convolution with HardSwish.
"""

from torch import nn

from layers import conv
from recipe import Recipe, main


def block(inputs, outputs, stride):
    return [conv(inputs, inputs, 3, stride, groups=inputs), nn.BatchNorm2d(inputs), nn.SiLU(),
            conv(inputs, outputs, 1), nn.BatchNorm2d(outputs), nn.Hardswish()]


def build():
    return nn.Sequential(conv(3, 16), nn.BatchNorm2d(16), nn.Hardswish(), *block(16, 32, 2), *block(32, 64, 1),
                         *block(64, 128, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


if __name__ == "__main__":
    # HardSwish is an operator from opset 14 on.
    main(Recipe("dwsep_cifar10", build, "cifar10", {"epochs": 50, "weight_decay": 2e-4}, opset=14), __doc__)
