"""Slots to polynomials and back (src/fhe/ckks/encoder.hpp), and the values of scales (src/fhe/params/scale.hpp)."""

import struct

from cases.setting import bench, test_slots
from scheme import embedding
from scheme.parameters import Scale
from scheme.ring import describe, describe_words

# ring, level, exponent of two and of the primes, share of the slots that are given, extended
_ENCODED = [
    ("narrow", 3, 27, (), 1, False), ("narrow", 0, 20, (), 1, False), ("narrow", 2, 36, (), 2, True), ("narrow", 1, 56, (0, 0, -1), 1, False),
    ("wide", 3, 30, (), 1, False), ("wide", 1, 35, (), 1, True), ("wide", 3, 70, (0, 0, 0, -1), 4, False), ("wide", 0, 33, (), 1, False),
    ("deep", 8, 36, (), 1, False), ("deep", 3, 33, (), 2, True), ("deep", 0, 74, (0, 0, -1), 1, False),
    ("long", 2, 28, (), 1, False), ("long", 1, 24, (), 8, True), ("long", 0, 26, (), 1, False),
]
_SCALES = [("narrow", 10, ()), ("narrow", -3, (1, 0, 2)), ("wide", 60, (0, 0, -1)), ("deep", -100, (4, -1, 0, 2)), ("long", 0, (0, 3, -3)), ("wide", 4, (-1,))]


def decided_slots(b, scale, share):
    """(index, slots, rounded coefficients) of the first test slots that every right transform in double precision rounds alike."""
    count = b.parameters.n // 2 // share
    for index in range(1000):
        slots = test_slots(index, count)
        exact = embedding.coefficients(slots, scale, b.parameters.log_n)
        if embedding.is_decided(exact, scale):
            return index, slots, [round(c) for c in exact]
    raise ValueError("no slots are decided")


def _signed(numbers):
    return describe_words(struct.pack(f"<{len(numbers)}q", *numbers))


def cases():
    for ring, two, primes in _SCALES:
        value = Scale(two, primes).value(bench(ring).parameters)
        yield {"op": "scale", "ring": ring, "scale": [two, *primes], "value": float(value)}
    for ring, level, two, primes, share, extended in _ENCODED:
        b = bench(ring)
        scale = Scale(two, primes)
        value = scale.value(b.parameters)
        index, slots, rounded = decided_slots(b, value, share)
        common = {"ring": ring, "level": level, "scale": [two, *primes], "slots": index, "count": len(slots)}
        basis = b.parameters.basis(level, None if extended else 0)
        yield {"op": "encode_coefficients", **common, **_signed(rounded)}
        yield {"op": "encode", **common, "extended": extended, **describe([b.rounded(rounded, basis)])}
        decoded = embedding.slots(rounded, value, b.parameters.log_n)
        yield {"op": "decode", **common, "largest_sum": float(sum(map(abs, rounded)) / value),
               "values": [[float(part) for part in slot] for slot in decoded[:4] + decoded[-2:]]}
