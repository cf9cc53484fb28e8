#!/usr/bin/python3
"""Trains a residual network of three blocks with LeakyReLU on MNIST and writes it as ONNX, nothing folded.

Training makes quadratics agree with it: what LeakyReLU reads stays within 2.5 root mean squares of its channel, and the last
epochs draw together what the network answers with LeakyReLU and with the least-squares quadratics.
"""

from torch import nn

from ranged import Ranged
from recipe import Recipe, main
from resnet import resnet


def leaky(channels):
    return Ranged(nn.LeakyReLU(0.3), degree=2, bound=2.5, penalty=0.02, in_deviations=True)


def build():
    return resnet(1, lambda channels: [nn.BatchNorm2d(channels), leaky(channels)], leaky, inputs=1, stages=(8, 16, 32),
                  first_stride=2)


SETTINGS = {"epochs": 14, "weight_decay": 2e-4, "average_decay": 0.995, "smoothing": 0.0, "check_every": 1,
            "agree_epochs": 6, "agree_rate": 0.05, "agree_weight": 1.0}


if __name__ == "__main__":
    main(Recipe("resnet_mnist", build, "mnist", SETTINGS), __doc__)
