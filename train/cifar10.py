#!/usr/bin/python3
"""Reads CIFAR-10 from its binary batches, or from a tar of JPEG files; run as a program it unpacks the latter into the former.

A record of a binary batch is 1 byte of label and 3072 bytes of image: 32x32 red, green, blue.
"""

import gzip
import io
import os
import sys
import tarfile

import numpy as np
from PIL import Image

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IMAGE_BYTES = 3 * 32 * 32
ARCHIVE = "cifar10-jpeg.tar.gz"


def read_batch(path):
    """Images uint8 [n][3][32][32] and labels uint8 [n] of one binary batch, gzipped or plain."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        data = np.frombuffer(file.read(), np.uint8)
    if len(data) == 0 or len(data) % (1 + IMAGE_BYTES) or data[:: 1 + IMAGE_BYTES].max() >= len(NAMES):
        raise SystemExit(f"{path}: not a CIFAR-10 batch")
    records = data.reshape(-1, 1 + IMAGE_BYTES)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def read_archive(path, split):
    """Images and labels of the files `split/<class>/<file>.jpg`, by class and then by file name."""
    found = []
    with tarfile.open(path) as archive:
        for member in archive:
            parts = member.name.split("/")[-3:]
            if not member.isfile() or len(parts) != 3 or parts[0] != split or parts[1] not in NAMES:
                continue
            image = np.asarray(Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB"))
            if image.shape != (32, 32, 3):
                raise SystemExit(f"{path}: {member.name} is not 32x32")
            found.append((NAMES.index(parts[1]), parts[2], image.transpose(2, 0, 1)))
    if not found:
        raise SystemExit(f"{path}: holds no {split}/<class>/<file>.jpg")
    found.sort(key=lambda entry: entry[:2])
    return np.stack([image for _, _, image in found]), np.array([label for label, _, _ in found], np.uint8)


def read_split(folder, split):
    """Images and labels of `train` or `test`: from `<split>_batch.bin`, that file gzipped, or the archive."""
    for name in (f"{split}_batch.bin", f"{split}_batch.bin.gz"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return read_batch(path)
    path = os.path.join(folder, ARCHIVE)
    if not os.path.exists(path):
        raise SystemExit(f"{folder}: no {split}_batch.bin, no {split}_batch.bin.gz and no {ARCHIVE}; "
                         "give the folder that holds CIFAR-10 with --data")
    return read_archive(path, split)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(f"usage: {os.path.basename(sys.argv[0])} FOLDER OUT\n\nDecodes FOLDER/{ARCHIVE} once, "
                         "into OUT/train_batch.bin")
    images, labels = read_archive(os.path.join(sys.argv[1], ARCHIVE), "train")
    os.makedirs(sys.argv[2], exist_ok=True)
    records = np.concatenate([labels[:, None], images.reshape(len(images), -1)], 1)
    records.tofile(os.path.join(sys.argv[2], "train_batch.bin"))


if __name__ == "__main__":
    main()
