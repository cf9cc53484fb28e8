#!/usr/bin/python3
"""Trains a perceptron with one sigmoid and one tanh layer on MNIST and writes it as ONNX."""

from torch import nn

from recipe import Recipe, main


def build():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.Sigmoid(), nn.Linear(128, 64), nn.Tanh(), nn.Linear(64, 10))


if __name__ == "__main__":
    main(Recipe("mlp_mnist", build, "mnist", {"epochs": 60, "weight_decay": 5e-5, "check_every": 1}), __doc__)
