"""Polynomials in the Chebyshev basis (src/fhe/circuits/polynomial.hpp): which products are made, at which levels and scales.

A polynomial p of degree m .. 2 m - 1, m a power of two, is q T_m + r by T_(m+j) = 2 T_m T_j - T_(m-j), and so on, down to sums of
T_k that are there at their level (Paterson, Stockmeyer, 1973, with a power of two as the giant step)."""

from fractions import Fraction
from typing import NamedTuple, Optional

from scheme import evaluator
from scheme.keys import Product
from scheme.parameters import prime_scale


def depth(k):
    """ceil(log2 k): the levels of T_k."""
    return (k - 1).bit_length()


def power_of_two_to(k):
    """The largest one that is not above k."""
    return 1 << k.bit_length() - 1


class Piece(NamedTuple):
    """A sum of coefficients[k] T_k; or with `split` quotient T_split + rest, where a quotient may be a number."""

    coefficients: list
    split: Optional[int] = None
    quotient: object = None
    rest: object = None


class Cut:
    """A polynomial cut with T_1 .. T_(babies - 1) as baby steps."""

    def __init__(self, coefficients, babies):
        self.babies, self.powers, self.splits = babies, set(), 0
        self.root = self._piece(list(coefficients), depth(len(coefficients)))

    @property
    def products(self):
        return len(self.powers) + self.splits

    def _need(self, k):
        if k > 1 and k not in self.powers:
            self.powers.add(k)
            a = power_of_two_to(k - 1)
            for smaller in (a, k - a, 2 * a - k):
                self._need(smaller)

    def _is_there(self, k, levels):
        return (k < self.babies or k == power_of_two_to(k)) and depth(k) < levels

    def _piece(self, p, levels):
        while p and p[-1] == 0:
            p.pop()
        if not p:
            return None
        used = [k for k, c in enumerate(p) if k and c]
        if all(self._is_there(k, levels) for k in used):
            for k in used:
                self._need(k)
            return Piece(p)
        m = power_of_two_to(len(p) - 1)
        rest, quotient = p[:m], [p[m]] + [2 * c for c in p[m + 1:]]
        for j, c in enumerate(p[m + 1:], 1):
            rest[m - j] -= c
        self._need(m)
        if len(quotient) == 1:
            return Piece([], m, quotient[0], self._piece(rest, levels))
        self.splits += 1
        return Piece([], m, self._piece(quotient, levels - 1), self._piece(rest, levels))


def fewest_products(coefficients):
    """Of all numbers of baby steps 2, 4, ... the first with the fewest products."""
    cuts = [Cut(coefficients, 1 << bits) for bits in range(1, (len(coefficients) - 1).bit_length() + 1)]
    return min(cuts, key=lambda cut: cut.products)


def check_decided(x, error=Fraction(0)):
    """The engine rounds x to an integer in double precision, of a factor that may be off by `error`: no vector may depend on that."""
    assert abs(abs(x - round(x)) - Fraction(1, 2)) > abs(x) / 2**51 + error


def combination(parameters, terms, constant, level, scale, error=Fraction(0)):
    """linear_combination of terms whose integers are decided; `error` of every factor and of the constant."""
    for a, factor in terms:
        ratio = (scale / a.scale).value(parameters)
        check_decided(Fraction(factor) * ratio, error * ratio)
    value = scale.value(parameters)
    check_decided(Fraction(constant) * value, error * value)
    return evaluator.linear_combination(parameters, terms, constant, level, scale)


def add_constant(parameters, a, constant, error=Fraction(0)):
    return combination(parameters, [(a, 1)], constant, a.level, a.scale, error)


def double_square(parameters, a, constant, key, error=Fraction(0)):
    """2 a^2 + constant, one level lower."""
    twice = Product(*(part + part for part in evaluator.multiply(a, a).parts), a.level, a.scale * a.scale)
    return add_constant(parameters, evaluator.relinearize(parameters, twice, key, rescales=True), constant, error)


class Chebyshev:
    """Evaluates at x; `second` is T_2 where there is one already; the coefficients may be off by `error`."""

    def __init__(self, parameters, x, key, second=None, error=Fraction(0)):
        self.parameters, self.key, self.error = parameters, key, error
        self.powers = {1: x} if second is None else {1: x, 2: second}

    def evaluate(self, coefficients, scale):
        cut = fewest_products(coefficients)
        for k in sorted(cut.powers - set(self.powers)):
            self.powers[k] = self._power(k)
        return self._value(cut.root, self.powers[1].level - depth(len(coefficients)), scale)

    def _at(self, a, level):
        return evaluator.drop_level(self.parameters, a, level)

    def _power(self, k):
        """T_2a = 2 T_a^2 - 1, T_k = 2 T_a T_(k-a) - T_(2a-k)."""
        a = power_of_two_to(k - 1)
        if 2 * a == k:
            return double_square(self.parameters, self.powers[a], -1, self.key)
        left, right = self.powers[a], self.powers[k - a]
        level = min(left.level, right.level)
        product = evaluator.multiply(self._at(left, level), self._at(right, level))
        twice = Product(*(part + part for part in product.parts), level, product.scale)
        less = combination(self.parameters, [(self.powers[2 * a - k], -1)], 0, level, product.scale)
        return self._divided(twice, less)

    def _divided(self, product, summand=None):
        if summand is not None:
            assert (summand.level, summand.scale) == (product.level, product.scale)
            d0, d1, d2 = product.parts
            product = Product(d0 + summand.c0, d1 + summand.c1, d2, product.level, product.scale)
        return evaluator.relinearize(self.parameters, product, self.key, rescales=True)

    def _sum(self, coefficients, level, scale):
        terms = [(self.powers[k], c) for k, c in enumerate(coefficients) if k and c] or [(self.powers[1], 0)]
        return combination(self.parameters, terms, coefficients[0], level, scale, self.error)

    def _value(self, piece, level, scale):
        """At this level and scale. A rest that is a sum is added before the division of a product, any other behind it."""
        above, before = level + 1, scale * prime_scale(level + 1)
        if piece.split is None:
            return evaluator.rescale(self.parameters, self._sum(piece.coefficients, above, before))
        giant, rest = self.powers[piece.split], piece.rest
        if not isinstance(piece.quotient, Piece):
            high = combination(self.parameters, [(giant, piece.quotient)], 0, above, before, self.error)
            high = evaluator.rescale(self.parameters, high)
        else:
            quotient = self._value(piece.quotient, above, before / giant.scale)
            is_sum = rest is not None and rest.split is None
            summand = self._sum(rest.coefficients, above, before) if is_sum else None
            high = self._divided(evaluator.multiply(quotient, self._at(giant, above)), summand)
            if is_sum:
                return high
        return high if rest is None else evaluator.add(high, self._value(rest, level, scale))
