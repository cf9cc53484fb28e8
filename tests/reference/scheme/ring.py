"""Z_M[X]/(X^N + 1) with M a product of primes: N integers modulo M. Residues and evaluations are made only to be written down."""

import hashlib
import struct
from functools import lru_cache
from operator import mul

from scheme.numbers import bit_reverse, centred, compose, divide_and_round, product, smallest_root
from scheme.stream import uniform_limb


def evaluation_exponent(log_n, i):
    """Value i of the evaluation order is the one at psi^this."""
    return 2 * bit_reverse(i, log_n) + 1


@lru_cache(maxsize=None)
def _rows(q, log_n):
    """Row i: the powers 0..N-1 of the i-th point of evaluation."""
    n = 1 << log_n
    table = [1]
    for _ in range(2 * n - 1):
        table.append(table[-1] * smallest_root(q, log_n) % q)
    return [[table[e * k % (2 * n)] for k in range(n)] for e in (evaluation_exponent(log_n, i) for i in range(n))]


@lru_cache(maxsize=None)
def _inverse_rows(q, log_n):
    """Row k: the powers -k of all points, in evaluation order, divided by N."""
    n = 1 << log_n
    psi, over_n = smallest_root(q, log_n), pow(1 << log_n, -1, q)
    table = [over_n]
    for _ in range(2 * n - 1):
        table.append(table[-1] * psi % q)
    points = [evaluation_exponent(log_n, i) for i in range(n)]
    return [[table[-e * k % (2 * n)] for e in points] for k in range(n)]


def evaluate(coefficients, q, log_n):
    """The negacyclic transform by its definition: f(psi^e) for all e of the evaluation order."""
    return [sum(map(mul, coefficients, row)) % q for row in _rows(q, log_n)]


def interpolate(values, q, log_n):
    """The inverse of evaluate: coefficient k is the mean of value_e * psi^(-e k)."""
    return [sum(map(mul, values, row)) % q for row in _inverse_rows(q, log_n)]


def horner(coefficients, point, q):
    value = 0
    for c in reversed(coefficients):
        value = (value * point + c) % q
    return value


def _is_decided(x, moduli):
    """The engine finds the multiple of several primes in double precision and may be off by one within k^2 2^-52 of half
    (src/fhe/ring/base_conversion.hpp); no vector may depend on that."""
    m = product(moduli)
    return len(moduli) == 1 or 2 * abs(centred(x, m)) < m - (m >> 40)


class Poly:
    """N coefficients modulo the product of `primes`; immutable."""

    def __init__(self, log_n, primes, coefficients):
        self.log_n, self.n, self.primes, self.modulus = log_n, 1 << log_n, tuple(primes), product(primes)
        self.coefficients = [c % self.modulus for c in coefficients]
        assert len(self.coefficients) == self.n

    def _like(self, coefficients):
        return Poly(self.log_n, self.primes, coefficients)

    def _zip(self, other, operation):
        assert self.primes == other.primes
        return self._like([operation(a, b) for a, b in zip(self.coefficients, other.coefficients)])

    def __add__(self, other):
        return self._zip(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._zip(other, lambda a, b: a - b)

    def __neg__(self):
        return self._like([-c for c in self.coefficients])

    def times(self, integer):
        return self._like([c * integer for c in self.coefficients])

    def __mul__(self, other):
        """The product modulo X^N + 1, term by term."""
        assert self.primes == other.primes
        b, n = other.coefficients, self.n
        doubled = [-c for c in b] + b  # X^(k - N) = -X^k
        reversed_b = doubled[::-1]
        return self._like([sum(map(mul, self.coefficients, reversed_b[n - 1 - k:2 * n - 1 - k])) for k in range(n)])

    def automorphism(self, g):
        """X -> X^g, g odd."""
        out = [0] * self.n
        for k, c in enumerate(self.coefficients):
            place = k * g % (2 * self.n)
            out[place % self.n] = c if place < self.n else -c
        return self._like(out)

    def times_x(self, power):
        """Times X^power, 0 <= power < N."""
        return self._like([-c for c in self.coefficients[self.n - power:]] + self.coefficients[:self.n - power])

    def centred(self):
        """The integers closest to 0 that the coefficients stand for."""
        return [centred(c, self.modulus) for c in self.coefficients]

    def restrict(self, primes):
        """The same polynomial modulo fewer primes."""
        assert set(primes) <= set(self.primes)
        return Poly(self.log_n, primes, self.coefficients)

    def lift(self, primes):
        """The centred integers modulo other primes."""
        assert all(_is_decided(c, self.primes) for c in self.coefficients)
        return Poly(self.log_n, primes, self.centred())

    def divide(self, divisors, primes):
        """round(coefficient / product of divisors) of the centred integers, modulo `primes`."""
        assert all(_is_decided(c, divisors) for c in self.coefficients)
        return Poly(self.log_n, primes, [divide_and_round(c, product(divisors)) for c in self.centred()])

    def limbs(self):
        """[prime][N] values in evaluation order: what the engine stores."""
        return [evaluate(self.coefficients, q, self.log_n) for q in self.primes]

    def words(self):
        return b"".join(struct.pack(f"<{self.n}Q", *limb) for limb in self.limbs())


def from_limbs(log_n, primes, limbs):
    """The polynomial whose values are given, [prime][N]."""
    columns = zip(*(interpolate(limb, q, log_n) for limb, q in zip(limbs, primes)))
    return Poly(log_n, primes, [compose(column, primes) for column in columns])


@lru_cache(maxsize=512)
def uniform_poly(log_n, primes, seed, index):
    """Uniform polynomial `index` of a seed (docs/formats.md)."""
    return from_limbs(log_n, primes, [uniform_limb(seed, index, q, 1 << log_n) for q in primes])


def describe(polys):
    """What a vector states of polynomials: SHA-256 over all words, and a few of them."""
    words = b"".join(poly.words() for poly in polys)
    return describe_words(words)


def describe_words(words):
    count = min(4, len(words) // 8)
    return {"sha256": hashlib.sha256(words).hexdigest(), "first": [str(w) for w in struct.unpack(f"<{count}Q", words[:8 * count])]}
