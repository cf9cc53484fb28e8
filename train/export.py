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


def convolve(x, weight, bias, node):
    """Conv by patches: x [n][c][h][w], weight [o][c][k][k]."""
    settings = attributes(node)
    top, left, bottom, right = settings["pads"]
    stride = settings["strides"]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    patches = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    patches = patches[:, :, :: stride[0], :: stride[1]]
    return np.einsum("nchwij,ocij->nohw", patches, weight, optimize=True) + bias.reshape(1, -1, 1, 1)


def evaluate(path, images):
    """The scores of `images` (float [n][1][28][28]) by a walk over the file's nodes, in double precision."""
    graph = onnx.load(path).graph
    values = {w.name: numpy_helper.to_array(w).astype(np.float64) for w in graph.initializer}
    values[graph.input[0].name] = images
    for node in graph.node:
        inputs = [values[name] for name in node.input]
        if node.op_type == "Conv":
            result = convolve(*inputs, node)
        elif node.op_type == "Mul":
            result = inputs[0] * inputs[1]
        elif node.op_type == "Flatten":
            result = inputs[0].reshape(len(inputs[0]), -1)
        elif node.op_type == "Gemm":
            weight = inputs[1].T if attributes(node).get("transB") else inputs[1]
            result = inputs[0] @ weight + inputs[2]
        else:
            raise SystemExit(f"{path}: node {node.name} is a {node.op_type}, which this exporter should not write")
        values[node.output[0]] = result
    return values[graph.output[0].name]


def check_onnx(path, images, labels):
    """How many of the uint8 images [n][28][28] the file itself classifies correctly."""
    right = 0
    for start in range(0, len(images), 1000):
        part = images[start : start + 1000, None].astype(np.float64) / 255.0
        right += int((evaluate(path, part).argmax(1) == labels[start : start + 1000]).sum())
    return right
