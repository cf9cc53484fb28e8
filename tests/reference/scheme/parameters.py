"""Parameter sets: which primes, which gadget digits (src/fhe/params/param_set.hpp), and exact scales (scale.hpp)."""

from fractions import Fraction

from scheme.numbers import ntt_primes, product


class Parameters:
    """The primes of a literal: of each size the largest, the special primes first, then q_0, q_1, ..."""

    def __init__(self, log_n, q_bits, p_bits, security=128, insecure=True):
        self.log_n, self.n = log_n, 1 << log_n
        self.q_bits, self.p_bits = list(q_bits), list(p_bits)
        self.security, self.insecure = security, insecure
        sizes = self.p_bits + self.q_bits
        left = {bits: ntt_primes(bits, log_n, sizes.count(bits)) for bits in set(sizes)}
        taken = [left[bits].pop(0) for bits in sizes]
        self.p, self.q = taken[:len(p_bits)], taken[len(p_bits):]
        self.digits = self._cut_digits()

    @property
    def top(self):
        return len(self.q) - 1

    def _cut_digits(self):
        """(first, count) of each: filled from q_0 so that the product stays at or below P."""
        digits, whole = [], product(self.p)
        for i, q in enumerate(self.q):
            if digits and product(self.q[digits[-1][0]:i + 1]) <= whole:
                digits[-1] = (digits[-1][0], digits[-1][1] + 1)
            else:
                digits.append((i, 1))
        return digits

    def digits_at(self, level):
        """The digits of a polynomial modulo Q_level; the last one may be cut short."""
        return [(first, min(count, level + 1 - first)) for first, count in self.digits if first <= level]

    def basis(self, level, special=None):
        """q_0 .. q_level, then `special` special primes; None for all of them."""
        return tuple(self.q[:level + 1] + self.p[:len(self.p) if special is None else special])


class Scale:
    """2^two * product of q_i^exponents[i]; trailing zeros are no part of it."""

    def __init__(self, two=0, exponents=()):
        exponents = list(exponents)
        while exponents and exponents[-1] == 0:
            exponents.pop()
        self.two, self.exponents = two, tuple(exponents)

    def __mul__(self, other):
        length = max(len(self.exponents), len(other.exponents))
        pad = [list(s.exponents) + [0] * (length - len(s.exponents)) for s in (self, other)]
        return Scale(self.two + other.two, [a + b for a, b in zip(*pad)])

    def __truediv__(self, other):
        return self * Scale(-other.two, [-e for e in other.exponents])

    def __eq__(self, other):
        return (self.two, self.exponents) == (other.two, other.exponents)

    def value(self, parameters):
        result = Fraction(2) ** self.two
        for q, exponent in zip(parameters.q, self.exponents):
            result *= Fraction(q) ** exponent
        return result


def prime_scale(index):
    """The scale q_index."""
    return Scale(0, [0] * index + [1])
