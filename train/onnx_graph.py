"""Writes a network as ONNX, node by node, so that nothing is folded, fused or renamed on the way."""

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from layers import Quadratic, Residual, Square

IR_VERSION = 7


class OnnxGraph:
    """Nodes and weights of one file. Every `_write_*` takes a layer, the name of its input and a name for its nodes."""

    def __init__(self):
        self.nodes = []
        self.weights = []

    def weight(self, name, tensor):
        self.weights.append(numpy_helper.from_array(tensor.detach().cpu().float().contiguous().numpy(), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def write(self, layer, x, name):
        """The name of layer(x)."""
        writer = WRITERS.get(type(layer))
        if writer is None:
            raise SystemExit(f"{name}: a {type(layer).__name__} cannot be exported")
        return writer(self, layer, x, name)

    def _write_sequential(self, layer, x, name):
        for part, child in layer.named_children():
            x = self.write(child, x, f"{name}.{part}" if name else part)
        return x

    def _write_residual(self, layer, x, name):
        body = self.write(layer.body, x, f"{name}.body")
        skip = self.write(layer.skip, x, f"{name}.skip")
        return self.write(layer.after, self.node("Add", [body, skip], f"{name}.sum"), f"{name}.after")

    def _write_conv(self, layer, x, name):
        inputs = [x, self.weight(f"{name}.weight", layer.weight)]
        if layer.bias is not None:
            inputs.append(self.weight(f"{name}.bias", layer.bias))
        return self.node("Conv", inputs, name, kernel_shape=list(layer.kernel_size), strides=list(layer.stride),
                         pads=list(layer.padding) * 2, dilations=[1, 1], group=layer.groups)

    def _write_norm(self, layer, x, name):
        weight = torch.ones_like(layer.running_mean) if layer.weight is None else layer.weight
        bias = torch.zeros_like(layer.running_mean) if layer.bias is None else layer.bias
        parts = (("weight", weight), ("bias", bias), ("mean", layer.running_mean), ("variance", layer.running_var))
        return self.node("BatchNormalization", [x] + [self.weight(f"{name}.{p}", t) for p, t in parts], name,
                         epsilon=layer.eps)

    def _write_linear(self, layer, x, name):
        inputs = [x, self.weight(f"{name}.weight", layer.weight), self.weight(f"{name}.bias", layer.bias)]
        return self.node("Gemm", inputs, name, transB=1)

    def _write_average_pool(self, layer, x, name):
        size = [layer.kernel_size] * 2
        return self.node("AveragePool", [x], name, kernel_shape=size, strides=size)

    def _write_square(self, layer, x, name):
        return self.node("Mul", [x, x], name)

    def _write_quadratic(self, layer, x, name):
        a, b, c = (self.weight(f"{name}.{part}", getattr(layer, part)[0]) for part in "abc")
        second = self.node("Mul", [self.node("Mul", [x, x], f"{name}.square"), a], f"{name}.second")
        line = self.node("Add", [second, self.node("Mul", [x, b], f"{name}.first")], f"{name}.line")
        return self.node("Add", [line, c], name)

    def _write_silu(self, layer, x, name):
        return self.node("Mul", [x, self.node("Sigmoid", [x], f"{name}.sigmoid")], name)

    def _write_nothing(self, layer, x, name):
        return x


def simple(kind, **attributes):
    return lambda graph, layer, x, name: graph.node(kind, [x], name, **attributes)


WRITERS = {
    nn.Sequential: OnnxGraph._write_sequential,
    Residual: OnnxGraph._write_residual,
    nn.Conv2d: OnnxGraph._write_conv,
    nn.BatchNorm2d: OnnxGraph._write_norm,
    nn.Linear: OnnxGraph._write_linear,
    nn.AvgPool2d: OnnxGraph._write_average_pool,
    Square: OnnxGraph._write_square,
    Quadratic: OnnxGraph._write_quadratic,
    nn.SiLU: OnnxGraph._write_silu,
    nn.Identity: OnnxGraph._write_nothing,
    nn.AdaptiveAvgPool2d: simple("GlobalAveragePool"),
    nn.Flatten: simple("Flatten", axis=1),
    nn.ReLU: simple("Relu"),
    nn.LeakyReLU: lambda graph, layer, x, name: graph.node("LeakyRelu", [x], name, alpha=layer.negative_slope),
    nn.Sigmoid: simple("Sigmoid"),
    nn.Tanh: simple("Tanh"),
    nn.Hardswish: simple("HardSwish"),
}


def write_network(model, shape, opset, path):
    """Input `image` [batch] + shape = pixel / 255; output `scores` [batch][10]."""
    graph = OnnxGraph()
    graph.write(model, "image", "")
    graph.nodes[-1].output[0] = "scores"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch"] + size)
            for name, size in (("image", list(shape)), ("scores", [10]))]
    proto = helper.make_model(helper.make_graph(graph.nodes, "network", ends[:1], ends[1:], graph.weights),
                              opset_imports=[helper.make_opsetid("", opset)], ir_version=IR_VERSION)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)


@torch.no_grad()
def read_weights(model, path):
    """Sets the weights and statistics of `model` to those of a file that write_network() made of a network of its shape."""
    found = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy()) for w in onnx.load(path).graph.initializer}
    parts = {"weight": "weight", "bias": "bias", "running_mean": "mean", "running_var": "variance"}
    for name, layer in model.named_modules():
        for field, part in parts.items():
            tensor = getattr(layer, field, None)
            if tensor is None:
                continue
            if f"{name}.{part}" not in found or found[f"{name}.{part}"].shape != tensor.shape:
                raise SystemExit(f"{path}: has no weights of the shape of {name}.{part}")
            tensor.copy_(found[f"{name}.{part}"])
