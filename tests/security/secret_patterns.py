"""What a secret looks like in files and in memory: byte patterns of a key, of weights and of images, by every form we know of.

A pattern is long enough that chance does not make it: at least 16 bytes of a value that has that much entropy. The key's come
from the reference (tests/reference/scheme), which shares no code with what is searched.
"""

import pathlib
import struct
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "reference"))

from scheme.containers import pack_limb  # noqa: E402
from scheme.keys import secret_coefficients  # noqa: E402
from scheme.numbers import smallest_root  # noqa: E402
from scheme.parameters import Parameters  # noqa: E402
from scheme.ring import evaluation_exponent, horner  # noqa: E402

SMALL_WINDOW = 64  # ternary coefficients: 100 bits of entropy
WORD_WINDOW = 8    # values modulo a prime; of these many the packed form ends on a byte, whatever the prime
REAL_WINDOW = 4    # weights and pixels as floating-point numbers
PIXEL_WINDOW = 24


def sections(data):
    """{id: bytes} of a container (docs/formats.md)."""
    flags = struct.unpack_from("<I", data, 12)[0]
    table = 128 + (128 if flags & 2 else 0)
    count = struct.unpack_from("<I", data, table)[0]
    entries = [struct.unpack_from("<IIQQ", data, table + 8 + 56 * i) for i in range(count)]
    return {number: data[offset:offset + length] for number, _, offset, length in entries}


def parameters_of(program):
    """The parameter set of a program: the rows `log_n` to `p` behind its version."""
    log_n, _, _ = struct.unpack_from("<BHB", program, 2)
    sizes, at = [], 6
    for _ in range(2):
        sizes.append(list(program[at + 1:at + 1 + program[at]]))
        at += 1 + program[at]
    return Parameters(log_n, *sizes)


def key_patterns(secret_file):
    """Of an unprotected secret key file: {name: bytes}. "key: seed" alone stands in the file; the others are what is made of it."""
    parts = sections(secret_file)
    parameters = parameters_of(parts[1][32:])
    seed = parts[3][:32]
    small = secret_coefficients(parameters, seed)
    patterns = {"key: seed": seed}
    for start in (0, parameters.n // 2, parameters.n - SMALL_WINDOW):
        window = small[start:start + SMALL_WINDOW]
        for name, code in (("8", "b"), ("16", "h"), ("32", "i"), ("64", "q"), ("float", "f"), ("double", "d")):
            patterns[f"key: coefficients from {start}, {name}"] = struct.pack(f"<{len(window)}{code}", *window)
        patterns[f"key: coefficients from {start}, from 0"] = bytes(c + 1 for c in window)
        for q in parameters.q + parameters.p:
            patterns[f"key: coefficients from {start} modulo {q}"] = struct.pack(f"<{len(window)}Q", *(c % q for c in window))
    for q in parameters.q + parameters.p:
        root = smallest_root(q, parameters.log_n)
        for start in (0, parameters.n // 2):
            points = [pow(root, evaluation_exponent(parameters.log_n, i), q) for i in range(start, start + WORD_WINDOW)]
            values = [horner(small, point, q) for point in points]
            patterns[f"key: values from {start} modulo {q}"] = struct.pack(f"<{WORD_WINDOW}Q", *values)
            patterns[f"key: values from {start} modulo {q}, packed"] = pack_limb(values, q.bit_length())
    return patterns


def _reals(name, values, others=None):
    """As floats and doubles, and as complex doubles with imaginary parts `others` (default: none)."""
    pairs = [part for pair in zip(values, others or [0.0] * len(values)) for part in pair]
    return {f"{name}, floats": struct.pack(f"<{len(values)}f", *values), f"{name}, doubles": struct.pack(f"<{len(values)}d", *values),
            f"{name}, complex": struct.pack(f"<{len(pairs)}d", *pairs)}


def _telling(values):
    """The first window of numbers that are all different and not zero; none if there is none."""
    for start in range(len(values) - REAL_WINDOW + 1):
        window = values[start:start + REAL_WINDOW]
        if len(set(window)) == REAL_WINDOW and all(window):
            return start
    return None


def weight_patterns(plan_file, most=12):
    """Of a plan's clear weights: those that tell most, up to `most` of them, all over the plan."""
    parts = sections(plan_file)
    slots = parameters_of(parts[1]).n // 2
    data, at, found = parts[2], 0, []
    while at < len(data):
        count = data[at]
        values = struct.unpack_from(f"<{slots}d", data, at + 1)
        imaginary = struct.unpack_from(f"<{slots}d", data, at + 1 + 8 * slots) if count == 2 else [0.0] * slots
        start = _telling(values)
        if start is not None:
            found.append((values[start:start + REAL_WINDOW], list(imaginary[start:start + REAL_WINDOW])))
        at += 1 + 8 * slots * count
    chosen = found[::max(1, len(found) // most)][:most]
    patterns = {}
    for number, (values, imaginary) in enumerate(chosen):
        patterns.update(_reals(f"weight {number}", values, imaginary))
    return patterns


def network_patterns(onnx, most=8):
    """Of the tensors of an ONNX file, as trained: floats that stand in it (fields 7, 5 and 9 of its protocol buffers)."""
    patterns = {}
    for graph in _fields(onnx, 7):
        for tensor in _fields(graph, 5):
            for raw in _fields(tensor, 9):
                values = struct.unpack(f"<{len(raw) // 4}f", raw[:len(raw) // 4 * 4])
                start = _telling(values)
                if start is not None and len(patterns) < 3 * most:
                    patterns.update(_reals(f"network tensor {len(patterns) // 3}", values[start:start + REAL_WINDOW]))
    return patterns


def _varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _fields(data, wanted):
    """The length-delimited fields of a message with the number `wanted`."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 2:
            length, at = _varint(data, at)
            if tag >> 3 == wanted:
                yield data[at:at + length]
            at += length
        elif tag & 7 == 0:
            _, at = _varint(data, at)
        else:
            at += 8 if tag & 7 == 1 else 4


def pixel_patterns(pixels):
    """Of an image's bytes: three windows."""
    return {f"pixels from {start}": bytes(pixels[start:start + PIXEL_WINDOW]) for start in (100, 400, 700)}


def real_image_patterns(values):
    """Of an image that is floating-point numbers."""
    patterns = {}
    for start in (100, 400, 700):
        patterns.update(_reals(f"image from {start}", values[start:start + REAL_WINDOW]))
    return patterns
