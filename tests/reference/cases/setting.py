"""What the vectors start from: rings, keys and operands, all from seeds that are SHA-256 of a text."""

from fractions import Fraction
from functools import lru_cache

from scheme import keys
from scheme.evaluator import galois_of_rotation
from scheme.parameters import Parameters, Scale
from scheme.ring import Poly, uniform_poly
from scheme.stream import ERROR, SECRET_KEY, TEST, Stream, seed_of, uniform

# One special prime, digits of one prime; wide digits; digits of a bootstrap's chain, from 23 to 50 bits; a longer polynomial.
RINGS = {
    "narrow": (4, [27, 27, 29, 29], [37]),
    "wide": (6, [45, 35, 35, 35], [50, 50]),
    "deep": (5, [50, 38, 38, 40, 40, 50, 39, 23, 50], [50, 50, 50]),
    "long": (8, [40, 30, 30], [41]),
}
# Longer chains: of primes of one size, for polynomials, and for a bootstrap. From the bottom that is q_0, SlotsToCoeffs, one level
# to use, EvalMod, CoeffsToSlots. A polynomial's constant stands at the square of a prime: short ones, so that it is the same
# integer in double precision.
CHAINS = {
    "even": (5, [20] * 8, [40, 40]),
    "bootstrap": (6, [36] + [28] * 2 + [32] + [20] * 8 + [36] * 2, [40, 40, 40]),
}
FRESH = Scale(30)


def test_row(index, q, n):
    """Uniform residues of the stream (`rows`, test, index), but for the edges 0, q - 1 and both sides of q / 2 among the first five."""
    row = uniform(Stream(seed_of("rows"), TEST, index), n, q)
    for k, edge in enumerate((0, q - 1, q // 2, q // 2 + 1)):
        if (index + k) % 5 < n:
            row[(index + k) % 5] = edge
    return row


def test_slots(index, count):
    """`count` complex numbers: of each pair of words the low 21 bits, less 2^20, over 2^20."""
    words = Stream(seed_of("slots"), TEST, index).words(2 * count)
    parts = [Fraction((w & 0x1FFFFF) - 2**20, 2**20) for w in words]
    return list(zip(parts[::2], parts[1::2]))


class Bench:
    """One ring with a secret key, and operands by number."""

    def __init__(self, name):
        self.name, self.parameters = name, Parameters(*{**RINGS, **CHAINS}[name])
        self.secret = keys.secret_coefficients(self.parameters, seed_of("secret"))
        self._keys = {}

    def poly(self, index, level, special=0):
        """Uniform polynomial `index` of the seed `operands` modulo Q_level, or Q_level P."""
        primes = self.parameters.basis(level, None if special else 0)
        return uniform_poly(self.parameters.log_n, primes, seed_of("operands"), index)

    def ciphertext(self, index, level, scale=FRESH):
        """Uniform polynomials 2 index and 2 index + 1: what an operation does to a ciphertext does not depend on the key."""
        return keys.Ciphertext(self.poly(2 * index, level), self.poly(2 * index + 1, level), level, scale)

    def product(self, index, level):
        return keys.Product(*(self.poly(3 * index + part, level) for part in range(3)), level, FRESH * FRESH)

    def errors(self, text):
        return Stream(seed_of("errors " + text), ERROR, 0)

    def rounded(self, coefficients, primes):
        return Poly(self.parameters.log_n, primes, coefficients)

    def galois(self, step):
        """The element of a rotation; of the conjugation for the step "conjugate"."""
        return 2 * self.parameters.n - 1 if step == "conjugate" else galois_of_rotation(self.parameters, step)

    def key(self, kind, step, level):
        """The key is named by kind, step and level: its seed and its errors too."""
        name = f"{kind} {step} {level}"
        if name not in self._keys:
            g = self.galois(step)
            self._keys[name] = keys.switching_key(self.parameters, self.secret, kind, g, level, seed_of(name), self.errors(name))
        return self._keys[name]

    def encapsulation(self, level):
        sparse = Stream(seed_of("sparse"), SECRET_KEY, 0)
        weight = 32
        return keys.encapsulation_keys(self.parameters, self.secret, level, seed_of("encapsulation"), self.errors("encapsulation"), sparse, weight)


@lru_cache(maxsize=None)
def bench(name):
    return Bench(name)
