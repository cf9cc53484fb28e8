#!/usr/bin/python3
"""Trains ResNet-20 on CIFAR-10 with a quadratic in place of every ReLU and writes it as ONNX.

The quadratics are ReLU's Hermite expansion, normalised per channel while training and folded at the end: see
HermiteQuadratic in layers.py.
"""

from layers import HermiteQuadratic
from recipe import Recipe, main
from resnet import resnet


def build():
    return resnet(3, lambda channels: [HermiteQuadratic(channels)], HermiteQuadratic)


if __name__ == "__main__":
    main(Recipe("resnet20_quad", build, "cifar10", {"epochs": 140, "rate": 0.1, "clip": 1.0}), __doc__)
