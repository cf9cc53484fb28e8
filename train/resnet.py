"""Residual networks for small images (He et al. 2016, section 4.2), by default three stages of 16, 32 and 64 channels.

Where the channels change, the skip is a 1x1 convolution with stride 2 and a normalisation.
"""

from torch import nn

from layers import Residual, conv


def block(inputs, outputs, stride, normalise_and_activate, activate):
    body = nn.Sequential(conv(inputs, outputs, 3, stride), *normalise_and_activate(outputs),
                         conv(outputs, outputs), nn.BatchNorm2d(outputs))
    skip = nn.Identity()
    if stride != 1:
        skip = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
    return Residual(body, skip, activate(outputs))


def resnet(blocks_per_stage, normalise_and_activate, activate, inputs=3, stages=(16, 32, 64), first_stride=1):
    """`normalise_and_activate(channels)` lists the layers behind a convolution, `activate(channels)` follows a sum."""
    channels = stages[0]
    layers = [conv(inputs, channels, 3, first_stride), *normalise_and_activate(channels)]
    for outputs in stages:
        for _ in range(blocks_per_stage):
            layers.append(block(channels, outputs, 1 if outputs == channels else 2, normalise_and_activate, activate))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
