"""The two data sets, split into images to train on, images held out of the training, and test images."""

from dataclasses import dataclass

import numpy as np
import torch

import cifar10
import idx

HELD_OUT = 5000


@dataclass
class Images:
    """Pixels / 255 as float32 [n][channels][height][width], and labels int64 [n]."""

    pixels: torch.Tensor
    labels: torch.Tensor

    def __len__(self):
        return len(self.labels)


@dataclass
class Dataset:
    train: Images
    held: Images
    test: Images


def as_images(pixels, labels, chosen, device):
    pixels = torch.from_numpy(np.ascontiguousarray(pixels[chosen])).to(device).float().div_(255)
    return Images(pixels, torch.from_numpy(labels[chosen].astype(np.int64)).to(device))


def last_of_each_class(labels, count):
    """True for the last `count` of each class."""
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        held[np.flatnonzero(labels == label)[-count:]] = True
    return held


def split(train, test, held, device):
    everything = np.ones(len(test[1]), bool)
    return Dataset(as_images(*train, ~held, device), as_images(*train, held, device), as_images(*test, everything, device))


def load_mnist(folder, device):
    """Held out are the last 5,000 training images."""
    train, test = ((x[:, None], y) for x, y in (idx.read_split(folder, "train"), idx.read_split(folder, "t10k")))
    return split(train, test, np.arange(len(train[1])) >= len(train[1]) - HELD_OUT, device)


def load_cifar10(folder, device):
    """Held out are the last 500 training images of each class, in the order of the file names."""
    train, test = cifar10.read_split(folder, "train"), cifar10.read_split(folder, "test")
    return split(train, test, last_of_each_class(train[1], HELD_OUT // len(cifar10.NAMES)), device)
