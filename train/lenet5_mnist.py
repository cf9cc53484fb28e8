#!/usr/bin/python3
"""Trains LeNet-5 with ReLU and average pooling on MNIST and writes it as ONNX."""

from torch import nn

from recipe import Recipe, main


def build():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


if __name__ == "__main__":
    main(Recipe("lenet5_mnist", build, "mnist", {"epochs": 60, "rate": 0.05, "weight_decay": 2e-4, "check_every": 1}), __doc__)
