"""Bytes of a program (docs/formats.md, "Program"), from a description in Python's own types."""

import struct

from scheme.containers import parameter_bytes, scale_bytes, text_bytes

INPUT, LINEAR, ADD_BIAS, SQUARE, ROTATE, CONJUGATE, MULTIPLY_BY_I, ADD, MULTIPLY, CHANGE_SCALE = range(10)


def _list(items):
    return struct.pack("<I", len(items)) + b"".join(items)


def input_bytes(spec):
    """The rows `channels` to `packing`."""
    out = struct.pack("<IIId", spec["channels"], spec["height"], spec["width"], spec["scale"])
    out += _list([struct.pack("<d", x) for x in spec["mean"]]) + _list([struct.pack("<d", x) for x in spec["std"]])
    out += struct.pack("<Bdd", spec["flags"], spec["minimum"], spec["maximum"])
    return out + struct.pack("<I", spec["ciphertexts"]) + _list([struct.pack("<i", x) for x in spec["packing"]])


def linear(operands, steps, extended, rescale):
    """`steps`: (giant step, [(operand, baby step, weight)])."""
    out = struct.pack("<BB", LINEAR, (1 if extended else 0) | (2 if rescale else 0)) + _list([struct.pack("<I", v) for v in operands])
    return out + _list([struct.pack("<i", giant) + _list([struct.pack("<IiI", *term) for term in terms]) for giant, terms in steps])


def request_form(parameters, spec, level, scale):
    return parameter_bytes(parameters) + input_bytes(spec) + struct.pack("<B", level) + scale_bytes(scale)


def program(parameters, description):
    """`description`: input, stages, weights (level, scale, extended), instructions (level, scale, stage, operation bytes), results,
    outputs (name, factor, finish, [(result, slot)]), key_needs (kind, step, level), error (3 numbers), cost (4)."""
    d = description
    out = struct.pack("<H", 3) + parameter_bytes(parameters) + input_bytes(d["input"])
    out += _list([text_bytes(name) + text_bytes(kind) for name, kind in d["stages"]])
    out += struct.pack("<B", 0) + _list([struct.pack("<B", level) + scale_bytes(scale) + struct.pack("<B", extended)
                                         for level, scale, extended in d["weights"]])
    out += _list([struct.pack("<B", level) + scale_bytes(scale) + struct.pack("<H", stage) + operation
                  for level, scale, stage, operation in d["instructions"]])
    out += _list([struct.pack("<I", value) for value in d["results"]])
    out += _list([text_bytes(name) + struct.pack("<dB", factor, finish) + _list([struct.pack("<HI", *place) for place in places])
                  for name, factor, finish, places in d["outputs"]])
    out += _list([struct.pack("<BiB", *need) for need in d["key_needs"]])
    return out + struct.pack("<3d", *d["error"]) + struct.pack("<d3Q", *d["cost"])
