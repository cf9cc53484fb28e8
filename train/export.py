"""Writes a trained network as ONNX and checks the file without torch."""

import numpy as np
import onnx
import torch
from onnx import numpy_helper

OPSET = 13


def write_onnx(model, path):
    """Input `image` [batch][1][28][28] = pixel / 255; output `scores` [batch][10]."""
    model.eval()
    torch.onnx.export(model, torch.zeros(1, 1, 28, 28), path, opset_version=OPSET, input_names=["image"],
                      output_names=["scores"], dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}})
    onnx.checker.check_model(onnx.load(path), full_check=True)


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def convolve(node, x, weight, bias=None):
    """Conv by patches: x [n][c][h][w], weight [o][c / groups][k][k]."""
    settings = attributes(node)
    top, left, bottom, right = settings["pads"]
    stride, groups = settings["strides"], settings.get("group", 1)
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    patches = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    patches = patches[:, :, :: stride[0], :: stride[1]]
    parts = zip(np.split(patches, groups, 1), np.split(weight, groups, 0))
    y = np.concatenate([np.einsum("nchwij,ocij->nohw", p, w, optimize=True) for p, w in parts], 1)
    return y if bias is None else y + bias.reshape(1, -1, 1, 1)


def normalise(node, x, *parts):
    weight, bias, mean, variance = (part.reshape(1, -1, 1, 1) for part in parts)
    return (x - mean) / np.sqrt(variance + attributes(node)["epsilon"]) * weight + bias


def average_pool(node, x):
    settings = attributes(node)
    size = settings["kernel_shape"][0]
    if settings["strides"] != [size, size] or settings["kernel_shape"] != [size, size]:
        raise SystemExit(f"{node.name}: only square windows side by side are known here")
    n, channels, height, width = x.shape
    return x.reshape(n, channels, height // size, size, width // size, size).mean((3, 5))


def dense(node, x, weight, bias):
    return x @ (weight.T if attributes(node).get("transB") else weight) + bias


OPERATORS = {
    "Conv": convolve,
    "BatchNormalization": normalise,
    "AveragePool": average_pool,
    "Gemm": dense,
    "GlobalAveragePool": lambda node, x: x.mean((2, 3), keepdims=True),
    "Flatten": lambda node, x: x.reshape(len(x), -1),
    "Add": lambda node, x, y: x + y,
    "Mul": lambda node, x, y: x * y,
    "Relu": lambda node, x: np.maximum(x, 0),
    "LeakyRelu": lambda node, x: np.where(x < 0, attributes(node)["alpha"] * x, x),
    "Sigmoid": lambda node, x: 1 / (1 + np.exp(-x)),
    "Tanh": lambda node, x: np.tanh(x),
    "HardSwish": lambda node, x: x * np.clip(x / 6 + 0.5, 0, 1),
}


def evaluate(path, images):
    """The scores of `images` (float [n][c][h][w]) by a walk over the file's nodes, in double precision."""
    graph = onnx.load(path).graph
    values = {w.name: numpy_helper.to_array(w).astype(np.float64) for w in graph.initializer}
    values[graph.input[0].name] = images
    for node in graph.node:
        if node.op_type not in OPERATORS:
            raise SystemExit(f"{path}: node {node.name} is a {node.op_type}, which this exporter should not write")
        values[node.output[0]] = OPERATORS[node.op_type](node, *(values[name] for name in node.input))
    return values[graph.output[0].name]


def check_onnx(path, images, labels):
    """How many of the uint8 images [n][28][28] the file itself classifies correctly."""
    right = 0
    for start in range(0, len(images), 1000):
        part = images[start : start + 1000, None].astype(np.float64) / 255.0
        right += int((evaluate(path, part).argmax(1) == labels[start : start + 1000]).sum())
    return right
