"""Reads MNIST's own idx files, gzipped or plain."""

import gzip
import os
import struct

import numpy as np

IMAGE_MAGIC = 0x00000803
LABEL_MAGIC = 0x00000801


def find(folder, stem):
    """The path of `stem` in `folder`, gzipped or plain."""
    for name in (stem + ".gz", stem):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    raise SystemExit(f"{folder}: no {stem}.gz and no {stem}; give the folder that holds MNIST's idx files with --data")


def read_bytes(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        return file.read()


def read_images(folder, stem):
    """uint8 [n][rows][columns], 0 = background."""
    path = find(folder, stem)
    data = read_bytes(path)
    magic, count, rows, columns = struct.unpack(">IIII", data[:16])
    if magic != IMAGE_MAGIC or len(data) != 16 + count * rows * columns:
        raise SystemExit(f"{path}: not an idx image file")
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, rows, columns)


def read_labels(folder, stem):
    """uint8 [n]."""
    path = find(folder, stem)
    data = read_bytes(path)
    magic, count = struct.unpack(">II", data[:8])
    if magic != LABEL_MAGIC or len(data) != 8 + count:
        raise SystemExit(f"{path}: not an idx label file")
    return np.frombuffer(data, np.uint8, offset=8)


def read_split(folder, split):
    """Images and labels of `train` or `t10k`."""
    return read_images(folder, f"{split}-images-idx3-ubyte"), read_labels(folder, f"{split}-labels-idx1-ubyte")
