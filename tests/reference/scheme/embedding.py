"""The canonical embedding (src/fhe/ckks/encoder.hpp) in fixed-point numbers of 256 bits: slot j is the value at zeta^(5^j)."""

from fractions import Fraction
from functools import lru_cache

BITS = 256
ONE = 1 << BITS


@lru_cache(maxsize=None)
def pi():
    """Machin's formula."""
    def arctan_inverse(x):
        total, term, k = 0, (ONE << 32) // x, 0
        while term:
            total += (-1) ** k * (term // (2 * k + 1))
            term, k = term // (x * x), k + 1
        return total
    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239)) >> 32


def cos_sin(angle):
    """Of a fixed-point angle from 0 to 2 pi, by their series."""
    cos, sin, term, k = ONE, 0, ONE, 0
    while term:
        k += 1
        term = term * angle // (k << BITS)
        sign = -1 if k % 4 in (2, 3) else 1
        if k % 2:
            sin += sign * term
        else:
            cos += sign * term
    return cos, sin


@lru_cache(maxsize=None)
def roots(log_n):
    """zeta^k for k < 2N as (cos, sin) pairs, each right to within 2^-240."""
    n = 1 << log_n
    step, table = cos_sin(pi() // n), [(ONE, 0)]
    for _ in range(2 * n - 1):
        x, y = table[-1]
        table.append(((x * step[0] - y * step[1]) >> BITS, (x * step[1] + y * step[0]) >> BITS))
    return table


def _slot_exponents(log_n):
    n = 1 << log_n
    return [pow(5, j, 2 * n) for j in range(n // 2)]


def coefficients(slots, scale, log_n):
    """The real polynomial times scale whose slots these are, as Fractions: m_k = 2/N Re(sum_j z_j zeta^(-5^j k)). Missing slots are 0;
    a slot is a pair of numbers that Fraction takes exactly."""
    n, table, exact = 1 << log_n, roots(log_n), []
    pairs = [(Fraction(re), Fraction(im), e) for (re, im), e in zip(slots, _slot_exponents(log_n))]
    for k in range(n):
        total = sum(re * table[e * k % (2 * n)][0] + im * table[e * k % (2 * n)][1] for re, im, e in pairs)
        exact.append(Fraction(2 * total, n * ONE) * scale)
    return exact


def slots(integers, scale, log_n):
    """The slots of a polynomial of integers at a scale, as pairs of Fractions."""
    n, table = 1 << log_n, roots(log_n)
    out = []
    for e in _slot_exponents(log_n):
        parts = [sum(m * table[e * k % (2 * n)][part] for k, m in enumerate(integers)) for part in (0, 1)]
        out.append(tuple(Fraction(part, ONE) / scale for part in parts))
    return out


def is_decided(exact, scale):
    """Whether no coefficient is so near to a half that a transform in double precision could round it otherwise. Of slots within the
    unit square its error is below log2(N) * 2^-50 times the scale: log2(N) steps of two roundings each, and the scale's own double."""
    margin = scale * len(exact).bit_length() / 2**50
    return all(abs(abs(c - round(c)) - Fraction(1, 2)) > margin for c in exact)
