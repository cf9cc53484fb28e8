#!/usr/bin/python3
"""Trains the large ReLU network whose scores the CIFAR-10 networks learn to follow. It is not exported.

Nine layers with two residual blocks, after the entry of D. Page in the DAWNBench contest of 2018.
"""

import os

import torch
from torch import nn

from layers import Residual, conv


def block(inputs, outputs):
    return [conv(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU()]


def residual(channels):
    return Residual(nn.Sequential(*block(channels, channels), *block(channels, channels)), nn.Identity(), nn.Identity())


class Teacher(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            *block(3, 64), *block(64, 128), nn.MaxPool2d(2), residual(128), *block(128, 256), nn.MaxPool2d(2),
            *block(256, 512), nn.MaxPool2d(2), residual(512), nn.MaxPool2d(4), nn.Flatten())
        self.head = nn.Linear(512, 10, bias=False)

    def forward(self, x):
        return self.head(self.body(x)) * 0.125


def load_teacher(path, device):
    model = Teacher().to(device, memory_format=torch.channels_last)
    model.load_state_dict(torch.load(path, map_location=device))
    return model.eval().requires_grad_(False)


def main():
    import recipe
    import report
    from fit import Fit

    here = recipe.Recipe("teacher", Teacher, "cifar10", {"epochs": 60, "batch": 512, "rate": 0.4, "hole": 8, "out": "."})
    args = recipe.parse_arguments(here, __doc__.split("\n")[0])
    device, data, generator = recipe.prepare(args, recipe.datasets.load_cifar10)
    trainer = Fit(Teacher().to(device), None, data, recipe.augmentation(here, generator, args), args)
    best = trainer.run(generator, lambda model: None)
    os.makedirs(args.out, exist_ok=True)
    torch.save(best.state_dict(), os.path.join(args.out, "teacher.pt"))
    report.accuracy_row("held-out training images", best, data.held)
    report.accuracy_row("test set", best, data.test)


if __name__ == "__main__":
    main()
