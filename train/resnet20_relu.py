#!/usr/bin/python3
"""Trains ResNet-20 with ReLU on CIFAR-10 and writes it as ONNX."""

from torch import nn

from recipe import Recipe, main
from resnet import resnet


def build():
    return resnet(3, lambda channels: [nn.BatchNorm2d(channels), nn.ReLU()], lambda channels: nn.ReLU())


if __name__ == "__main__":
    main(Recipe("resnet20_relu", build, "cifar10", {"epochs": 160}), __doc__)
