"""A small network as an ONNX file, and images for it: what goes through every command in a moment."""

import struct


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _tensor(name, dims, values):
    return b"".join(_number(1, dim) for dim in dims) + _number(2, 1) + _bytes(8, name) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def _value(name, dims):
    shape = b"".join(_bytes(1, _number(1, dim)) for dim in dims)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, shape)))


def _node(operator, inputs, output):
    return b"".join(_bytes(1, name) for name in inputs) + _bytes(2, output) + _bytes(3, output) + _bytes(4, operator)


def write_network(path):
    """Flatten, then Gemm of 16 pixels to 3 scores."""
    weights = [(7 * i % 11 - 5) / 8 for i in range(48)]
    graph = (_bytes(1, _node("Flatten", ["image"], "pixels")) + _bytes(1, _node("Gemm", ["pixels", "weights", "bias"], "scores"))
             + _bytes(2, "tiny") + _bytes(5, _tensor("weights", [16, 3], weights)) + _bytes(5, _tensor("bias", [3], [0.5, 0.0, -0.5]))
             + _bytes(11, _value("image", [1, 1, 4, 4])) + _bytes(12, _value("scores", [1, 3])))
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13)))


def write_images(folder, count=4):
    folder.mkdir()
    for i in range(count):
        pixels = bytes((37 * i + 29 * j) % 256 for j in range(16))
        (folder / f"{i}.pgm").write_bytes(b"P5\n4 4\n255\n" + pixels)
    return folder / "0.pgm"
