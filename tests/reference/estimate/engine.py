"""What the engine lets a parameter set be, read from its source: the caps, the limits of a sparse secret, the chains of bootstraps."""

import os
import re

from scheme.parameters import Parameters

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def _source(path):
    with open(os.path.join(_ROOT, path), encoding="utf-8") as file:
        return file.read()


def _one(pattern, text, what):
    found = re.findall(pattern, text, re.S)
    if len(found) != 1:
        raise ValueError(f"the source has {len(found)} places that state {what}; the estimator reads exactly one")
    return found[0]


def caps():
    """{security: {log_n: largest log2(QP)}} of src/fhe/params/param_set.cpp."""
    text = _source("src/fhe/params/param_set.cpp")
    first = int(_one(r"constexpr int kMinLogN = (\d+);", text, "the least ring degree"))
    rows = {}
    for security in (128, 192, 256):
        numbers = _one(rf"CapRow kCap{security} = \{{([\d, ]+)\}};", text, f"the caps at {security} bits").split(",")
        rows[security] = {first + i: int(number) for i, number in enumerate(numbers)}
    return rows


def sparse_limits():
    """(Hamming weight, largest log2 of a modulus, log2 N) of the sparse secret of a bootstrap."""
    header = _source("src/fhe/params/bootstrap_params.hpp")
    weight = int(_one(r"constexpr int kSparseWeight = (\d+);", header, "the weight of a sparse secret"))
    bits = float(_one(r"constexpr double kMaxSparseModulusBits = (\d+);", header, "the modulus of a sparse secret"))
    log_n = int(_one(r"constexpr int kLogN = (\d+);", _source("src/fhe/params/bootstrap_presets.cpp"), "the ring degree of bootstraps"))
    return weight, bits, log_n


def bootstrap_chains():
    """(name, Parameters) of every chain with a bootstrap that the compiler tries: that of the presets with its usable primes replaced."""
    body = _one(r"ParamLiteral chain\(int usable, int usable_bits\) \{(.*?)\n\}", _source("src/fhe/params/bootstrap_presets.cpp"), "the chain of a bootstrap")
    pairs = _one(r"kUsable = \{\{(.*?)\}\};", _source("src/compiler/compile/structure.cpp"), "the usable primes of bootstraps")
    start = int(_one(r"\.q_bits = \{(\d+)\}", body, "q_0 of a bootstrap"))
    for usable, bits in re.findall(r"\{(\d+), (\d+)\}", pairs):
        values = {"usable": int(usable), "usable_bits": int(bits)}
        sizes = {"q": [start], "p": []}
        for kind, count, size in re.findall(r"append\(literal\.([qp])_bits, (\w+), (\w+)\)", body):
            sizes[kind] += [values.get(size) or int(size)] * (values.get(count) or int(count))
        yield f"bootstrap {usable} x {bits}", Parameters(sparse_limits()[2], sizes["q"], sizes["p"], insecure=False)
