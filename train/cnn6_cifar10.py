#!/usr/bin/python3
"""Trains a small CIFAR-10 network whose only activation is the square and writes it as ONNX.

Six layers: 5x5 convolution with stride 2, 3x3 convolution, average pool, 3x3 convolution, average pool, dense; each
convolution is followed by BatchNorm and a square. While training, the square is the completed square of ReLU's
normalised Hermite expansion: see HermiteQuadratic in layers.py.
"""

from torch import nn

from layers import HermiteQuadratic, conv
from recipe import Recipe, main


def build():
    return nn.Sequential(
        conv(3, 32, 5, 2), HermiteQuadratic(32, pure=True), conv(32, 64), HermiteQuadratic(64, pure=True), nn.AvgPool2d(2),
        conv(64, 64), HermiteQuadratic(64, pure=True), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(1024, 10))


if __name__ == "__main__":
    main(Recipe("cnn6_cifar10", build, "cifar10", {"epochs": 80, "rate": 0.1, "clip": 1.0}), __doc__)
