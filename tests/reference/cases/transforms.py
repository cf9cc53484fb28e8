"""The NTT, its order of evaluations and automorphisms (src/fhe/kernels, src/fhe/ring)."""

import struct

from cases.setting import RINGS, bench, test_row
from scheme.numbers import ntt_primes, smallest_root
from scheme.ring import describe, describe_words, evaluate, evaluation_exponent, horner, interpolate

_SIZES = [(4, 20), (4, 50), (5, 30), (5, 50), (6, 45), (6, 50), (7, 29), (7, 50), (8, 30), (8, 50)]
# Ring degrees and prime sizes of real parameters: a few values each, by Horner's rule.
_REAL = [(11, 26), (12, 29), (13, 29), (13, 37), (14, 40), (15, 40), (16, 40), (16, 50), (17, 50)]


def _words(numbers):
    return describe_words(struct.pack(f"<{len(numbers)}Q", *numbers))


def _spots(log_n):
    n = 1 << log_n
    return [0, 1, n // 3, n // 2, n // 2 + 5, n - 1]


def cases():
    for log_n, bits in _SIZES:
        q, n = ntt_primes(bits, log_n, 1)[0], 1 << log_n
        row, w = test_row(log_n, q, n), 12345
        inverse = interpolate(row, q, log_n)
        common = {"q": str(q), "log_n": log_n, "row": log_n}
        yield {"op": "ntt_forward", **common, **_words(evaluate(row, q, log_n))}
        yield {"op": "ntt_inverse", **common, **_words(inverse)}
        yield {"op": "ntt_inverse_scaled", **common, "factor": w, **_words([x * w % q for x in inverse])}
    for log_n, bits in _REAL:
        q, n = ntt_primes(bits, log_n, 1)[0], 1 << log_n
        row, psi = test_row(log_n, q, n), smallest_root(q, log_n)
        values = [horner(row, pow(psi, evaluation_exponent(log_n, i), q), q) for i in _spots(log_n)]
        yield {"op": "ntt_spots", "q": str(q), "log_n": log_n, "row": log_n, "spots": _spots(log_n), **_words(values)}
    for name, (log_n, _, _) in RINGS.items():
        b = bench(name)
        a = b.poly(0, b.parameters.top)
        for g in (3, 5, 25, (2 << log_n) - 1, (2 << log_n) - 5):
            yield {"op": "automorphism", "ring": name, "g": g, **describe([a.automorphism(g)])}
        yield {"op": "multiply_by_i", "ring": name, **describe([a.times_x(a.n // 2)])}
        yield {"op": "multiply", "ring": name, **describe([a * b.poly(1, b.parameters.top)])}
