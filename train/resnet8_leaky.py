#!/usr/bin/python3
"""Trains a residual network of three blocks with LeakyReLU on CIFAR-10 and writes it as ONNX, nothing folded."""

from torch import nn

from recipe import Recipe, main
from resnet import resnet


def leaky(channels):
    return nn.LeakyReLU(0.1)


def build():
    return resnet(1, lambda channels: [nn.BatchNorm2d(channels), leaky(channels)], leaky)


if __name__ == "__main__":
    main(Recipe("resnet8_leaky", build, "cifar10", {"epochs": 50}), __doc__)
