"""Numbers modulo one prime, and loops over rows of them (src/fhe/arith, src/fhe/kernels)."""

import struct
from fractions import Fraction

from cases.setting import test_row
from scheme.numbers import centred, ntt_primes, product, smallest_root
from scheme.ring import describe_words
from scheme.stream import TEST, Stream, centred_binomial, seed_of

_CHAINS = [(20, 4, 6), (27, 11, 8), (29, 12, 8), (37, 13, 4), (23, 16, 3), (40, 16, 16), (50, 16, 16), (50, 17, 12), (36, 15, 8), (45, 14, 8)]
_ROOTS = [(20, 4), (27, 11), (29, 12), (37, 13), (45, 14), (36, 15), (50, 16), (50, 17), (20, 8)]
_MODULI = [(20, 4, 16), (30, 5, 32), (45, 6, 64), (50, 4, 16)]


def _words(numbers):
    return describe_words(struct.pack(f"<{len(numbers)}Q", *numbers))


def _floor_constants(q):
    bits = q.bit_length()
    return [bits, 4**bits // q, 2**64 // q, 2**52 // q, 2**52 % q, (2**52 % q) * 2**52 // q, 2**64 % q]


def _one_number(q, n):
    """Functions of one or two residues, over rows 0 and 1."""
    a, b = test_row(0, q, n), test_row(1, q, n)
    positive = [max(x, 1) for x in a]
    yield "add_mod", [(x + y) % q for x, y in zip(a, b)]
    yield "sub_mod", [(x - y) % q for x, y in zip(a, b)]
    yield "neg_mod", [-x % q for x in a]
    yield "mul_mod", [x * y % q for x, y in zip(a, b)]
    yield "pow_mod", [pow(x, y, q) for x, y in zip(a, b)]
    yield "inv_mod", [pow(x, -1, q) for x in positive]
    yield "make_shoup", [(x << 52) // q for x in a]
    yield "reduce128", [((x << 64) + (y << 13) + 5) % q for x, y in zip(a, b)]
    yield "constants", _floor_constants(q)


def _tensor(a0, a1, b0, b1, q):
    return [[x * y % q for x, y in zip(a0, b0)], [(x * w + y * z) % q for x, y, z, w in zip(a0, a1, b0, b1)], [y * w % q for y, w in zip(a1, b1)]]


def _kernels(q, n):
    """Loops over rows: row i is test_row(i); w is the first entry of row 9 that is above 1."""
    row = [test_row(i, q, n) for i in range(12)]
    w = next(x for x in row[9] if x > 1)
    yield "add", [(x + y) % q for x, y in zip(row[0], row[1])]
    yield "sub", [(x - y) % q for x, y in zip(row[0], row[1])]
    yield "negate", [-x % q for x in row[0]]
    yield "multiply", [x * y % q for x, y in zip(row[0], row[1])]
    yield "multiply_add", [(z + x * y) % q for x, y, z in zip(row[0], row[1], row[2])]
    yield "multiply_scalar", [x * w % q for x in row[0]]
    yield "subtract_multiply_scalar", [(x - y) * w % q for x, y in zip(row[0], row[1])]
    yield "inner_product", [sum(row[t][k] * row[5 + t][k] for t in range(5)) % q for k in range(n)]
    yield "inner_product_pair", [(row[11 * accumulated][k] * accumulated + sum(row[t][k] * row[first + t][k] for t in range(3))) % q
                                 for accumulated, first in ((0, 3), (1, 6)) for k in range(n)]
    yield "tensor", sum(_tensor(*row[:4], q), [])
    sums = [_tensor(row[t], row[3 + t], row[6 + t], row[9 + t], q) for t in range(3)]
    yield "tensor_sum", [sum(s[part][k] for s in sums) % q for part in range(3) for k in range(n)]
    yield "square", sum(_tensor(row[0], row[1], row[0], row[1], q), [])


def _between_primes(q, log_n, n):
    """From q to another prime, and from three primes to q."""
    other = ntt_primes(33, log_n, 1)[0]
    sources = ntt_primes(41, log_n, 3)
    rows = [test_row(20 + i, s, n) for i, s in enumerate(sources)]
    factors = test_row(30, q, 3)
    yield "reduce_centered", [centred(x, q) % other for x in test_row(0, q, n)]
    yield "reduce_centered_back", [centred(x, other) % q for x in test_row(0, other, n)]
    yield "base_convert", [sum(r[k] * f for r, f in zip(rows, factors)) % q for k in range(n)]
    yield "round_quotients", [round(sum(Fraction(r[k], s) for r, s in zip(rows, sources))) for k in range(n)]
    composed = [sum(r[k] * (product(sources) // s) for r, s in zip(rows, sources)) for k in range(n)]
    yield "lift", [centred(x, product(sources)) % q for x in composed]
    signed = [x - 2**63 for x in Stream(seed_of("signed"), TEST, 0).words(n)]
    signed[0], signed[1], signed[2] = -2**63, 2**63 - 1, 0
    yield "from_signed", [x % q for x in signed]
    yield "from_small", [x % q for x in centred_binomial(Stream(seed_of("small"), TEST, 0), n)]


def cases():
    for bits, log_n, count in _CHAINS:
        yield {"op": "ntt_primes", "bits": bits, "log_n": log_n, "count": count, **_words(ntt_primes(bits, log_n, count))}
    for bits, log_n in _ROOTS:
        q = ntt_primes(bits, log_n, 1)[0]
        yield {"op": "primitive_root", "q": str(q), "log_n": log_n, **_words([smallest_root(q, log_n)])}
    for bits, log_n, n in _MODULI:
        q = ntt_primes(bits, log_n, 1)[0]
        for op, result in [*_one_number(q, n), *_kernels(q, n), *_between_primes(q, log_n, n)]:
            yield {"op": op, "q": str(q), "log_n": log_n, "n": n, **_words(result)}
