"""Bootstrapping (src/fhe/boot): the matrices between slots and coefficients, ModRaise, EvalMod, and all of them in a row."""

from fractions import Fraction
from functools import lru_cache
from math import isqrt, log2
from typing import NamedTuple

from scheme import embedding, evaluator
from scheme.circuits import Transform
from scheme.keys import GALOIS, RELINEARIZE, Ciphertext
from scheme.parameters import Scale, prime_scale
from scheme.polynomials import Chebyshev, add_constant, combination, double_square
from scheme.ring import Poly

ONE, BITS = embedding.ONE, embedding.BITS
Q_0 = prime_scale(0)


class Literal(NamedTuple):
    """As src/fhe/params/bootstrap_params.hpp names them."""

    log_slots: int
    real: bool
    slots_to_coeffs: tuple
    coeffs_to_slots: tuple
    baby_steps: int
    message_ratio_bits: int
    range: int
    cosine_degree: int
    double_angles: int


# Matrices of 2^log_slots rows, entries complex as pairs of fixed-point numbers.

def _times(a, b):
    return (a[0] * b[0] - a[1] * b[1]) >> BITS, (a[0] * b[1] + a[1] * b[0]) >> BITS


def _matrix_product(a, b):
    n = range(len(a))
    def entry(i, j):
        pairs = [_times(a[i][k], b[k][j]) for k in n if a[i][k] != (0, 0) and b[k][j] != (0, 0)]
        return sum(re for re, _ in pairs), sum(im for _, im in pairs)
    return [[entry(i, j) for j in n] for i in n]


def _butterfly(log_slots, block, inverse):
    """y_j = x_j + w_j x_(j + m/2), y_(j + m/2) = x_j - w_j x_(j + m/2) on blocks of m, w_j = exp(2 pi i (5^j mod 4m) / 4m); or its
    inverse."""
    n, half = 1 << log_slots, block // 2
    table = embedding.roots((4 * block).bit_length() - 2)  # the powers of exp(2 pi i / 4m)
    matrix = [[(0, 0)] * n for _ in range(n)]
    for first in range(0, n, block):
        for j in range(half):
            re, im = table[pow(5, j, 4 * block)]
            top, bottom = first + j, first + j + half
            if inverse:
                matrix[top][top] = matrix[top][bottom] = (ONE // 2, 0)
                matrix[bottom][top], matrix[bottom][bottom] = (re // 2, -im // 2), (-re // 2, im // 2)
            else:
                matrix[top][top] = matrix[bottom][top] = (ONE, 0)
                matrix[top][bottom], matrix[bottom][bottom] = (re, im), (-re, -im)
    return matrix


class Factor(NamedTuple):
    """A product of some stages, from `first` on, and whether its last one is the last of all."""

    matrix: list
    first: int
    count: int


@lru_cache(maxsize=None)
def factors(log_slots, stages, inverse):
    """In the order of use: A_2, A_4, ... from the first stage up; or their inverses from the last stage down."""
    found, done = [], 0
    for count in stages:
        numbers = [log_slots - 1 - done - i if inverse else done + i for i in range(count)]
        whole = _butterfly(log_slots, 2 << numbers[0], inverse)
        for number in numbers[1:]:
            whole = _matrix_product(_butterfly(log_slots, 2 << number, inverse), whole)
        found.append(Factor(whole, min(numbers), count))
        done += count
    return found


class Bootstrap:
    """Of a ring's parameters. `keys(kind, step)` gives switching keys, `encapsulation` the two of the sparse secret."""

    def __init__(self, parameters, literal, keys, galois, encapsulation):
        self.parameters, self.literal, self.galois, self.encapsulation = parameters, literal, galois, encapsulation
        self.slots = parameters.n // 2
        self._encoded = {}  # by level: no two matrices stand at the same one
        self.keys = lambda kind, step: keys(kind, step % self.slots if isinstance(step, int) else step)

    @property
    def input_level(self):
        return len(self.literal.slots_to_coeffs)

    @property
    def eval_mod_level(self):
        return self.parameters.top - len(self.literal.coeffs_to_slots)

    @property
    def output_level(self):
        return self.eval_mod_level - 2 - (self.literal.cosine_degree // 2).bit_length() - self.literal.double_angles

    def bottom_scale(self):
        return Scale(-self.literal.message_ratio_bits) * Q_0

    def _bits(self, level):
        return self.parameters.q_bits[level]

    def working_scale(self):
        return Scale(self._bits(self.eval_mod_level - 3))

    def eval_mod_input_scale(self):
        """The fourth root of what x^4 is divided by, times the scale of T_4."""
        level = self.eval_mod_level
        return Scale((2 * self._bits(level) + sum(self._bits(level - i) for i in (1, 2, 3))) // 4)

    # One matrix.

    def apply_factor(self, a, factor, multiple, level, weight):
        """Diagonals `multiple` times the factor's at the scale `weight`, by Horner's rule over giant steps, the last one first."""
        if level not in self._encoded:
            self._encoded[level] = self._encode_factor(factor, multiple, level, weight)
        steps, diagonals = self._encoded[level]
        transform = Transform(self.parameters, self.keys, self.galois, True)
        return transform.horner(steps, [a], diagonals, level, a.scale * weight, True)

    def _encode_factor(self, factor, multiple, level, weight):
        size, stride, babies = len(factor.matrix), 1 << factor.first, self.literal.baby_steps
        wraps = factor.first + factor.count == self.literal.log_slots
        first, count = (0, 1 << factor.count) if wraps else (1 - (1 << factor.count), (2 << factor.count) - 1)
        babies = min(babies, count)
        steps, diagonals = [], []
        for giant in reversed(range(-(-count // babies))):
            terms = []
            for baby in range(min(babies, count - giant * babies)):
                offset, turned = (first + giant * babies + baby) * stride, giant * babies * stride
                column = [factor.matrix[j][(j + offset) % size] for j in range(size)]
                values = [column[(j - turned) % size] for j in range(self.slots)]
                diagonals.append([self._encode(values, multiple, level, weight)])
                terms.append((0, (first + baby) * stride, len(diagonals) - 1))
            steps.append((babies * stride if giant else 0, terms))
        return steps, diagonals

    def _encode(self, values, multiple, level, scale):
        value, log_n = scale.value(self.parameters), self.parameters.log_n
        slots = [(multiple * Fraction(re, ONE), multiple * Fraction(im, ONE)) for re, im in values]
        exact = embedding.coefficients(slots, value, log_n)
        # The entries of a product of stages are off by less than encoding adds.
        assert embedding.is_decided(exact, 2 * value * max(max(abs(re), abs(im)) for re, im in slots))
        return Poly(log_n, self.parameters.basis(level), [round(c) for c in exact])

    # The phases.

    def slots_to_coeffs(self, a, input_scale):
        """`input_scale` is that of values of at most 1; only the last matrix changes it, to the bottom scale."""
        matrices = factors(self.literal.log_slots, self.literal.slots_to_coeffs, False)
        for i, factor in enumerate(matrices):
            level = self.input_level - i
            weight = prime_scale(level) * (self.bottom_scale() / input_scale if level == 1 else Scale())
            a = self.apply_factor(a, factor, Fraction(1), level, weight)
        return a

    def mod_raise(self, a):
        to_sparse, to_dense = self.encapsulation
        p, top = self.parameters, self.parameters.top
        raised = [evaluator.raise_modulus(p, half, top) for half in evaluator.switch_at_bottom(p, a.parts, to_sparse)]
        halves = evaluator.switch_key(p, evaluator.decompose(p, raised[1]), to_dense, (raised[0], None))
        return Ciphertext(*halves, top, Q_0)

    def trace(self, a):
        """The sum of all rotations that leave 2^log_slots repeated slots as they are."""
        step = 1 << self.literal.log_slots
        while step < self.slots:
            rotated = evaluator.apply_galois(self.parameters, a, self.galois(step), self.keys(GALOIS, step))
            a, step = evaluator.add(a, rotated), 2 * step
        return a

    def half_width(self):
        return self.literal.range + Fraction(1, 4)

    def coeffs_to_slots(self, a):
        """All in all times 1 / 2 (a number and its conjugate), 1 / what the trace multiplies by, 1 / half width: the same root each."""
        matrices = factors(self.literal.log_slots, self.literal.coeffs_to_slots, True)
        traced = self.slots >> self.literal.log_slots
        each = _root(1 / (2 * traced * self.half_width()), len(matrices))
        for i, factor in enumerate(matrices):
            level = self.parameters.top - i
            weight = prime_scale(level) * (self.eval_mod_input_scale() / Q_0 if i == len(matrices) - 1 else Scale())
            a = self.apply_factor(a, factor, each, level, weight)
        return a

    def amplitude(self, output_scale):
        """Of the first cosine: squared by each double angle, as its scale, it comes out as R / 2 pi at the output scale."""
        scale = self.working_scale()
        for i in range(self.literal.double_angles, 0, -1):
            scale = scale * scale / prime_scale(self.output_level + i)
        value = (output_scale / scale).value(self.parameters) * 2**self.literal.message_ratio_bits
        return _root(value * ONE / (2 * embedding.pi()), 1 << self.literal.double_angles)

    def cosine(self, amplitude):
        """amplitude cos(2 pi half width x / 2^r) in T_k(2 x^2 - 1): interpolated at the zeros of T_(degree + 1)."""
        nodes, pi = self.literal.cosine_degree // 2 + 1, embedding.pi()
        angle = Fraction(2 * pi) * self.half_width() / 2**self.literal.double_angles
        coefficients = [Fraction(0)] * nodes
        for node in range(nodes):
            theta = Fraction(pi * (2 * node + 1), 2 * nodes)
            value = amplitude * _cos(angle * _cos(theta / 2))
            for k in range(nodes):
                coefficients[k] += Fraction(1 if k == 0 else 2, nodes) * value * _cos(k * theta)
        return coefficients

    def eval_mod(self, a, output_scale):
        p, key = self.parameters, self.keys(RELINEARIZE, 0)
        a = add_constant(p, a, Fraction(-1, 4) / self.half_width())
        second = double_square(p, a, -1, key)
        fourth = evaluator.rescale(p, double_square(p, second, -1, key))
        amplitude = self.amplitude(output_scale)
        # In doubles an angle of up to this is off by one and a half of its last places, a cosine by as much, a mean of cosines by
        # twice that, and cutting the polynomial doubles it; 16 are for what sums add.
        angle = 7 * self.half_width() / 2**self.literal.double_angles
        error = amplitude * 2 * (3 * angle + 16) / 2**52
        x = self._at_working_scale(second)
        y = Chebyshev(p, x, key, fourth, error).evaluate(self.cosine(amplitude), self.working_scale())
        for _ in range(self.literal.double_angles):
            amplitude *= amplitude
            y = double_square(p, y, -amplitude, key, amplitude / 2**46)
        return Ciphertext(*y.parts, y.level, output_scale)

    def _at_working_scale(self, a):
        """One level lower, multiplied by a power of two before, so that the scale is about the working one."""
        p = self.parameters
        target = self.working_scale() * prime_scale(a.level)
        gap = round(log2(target.value(p)) - log2(a.scale.value(p)))
        return evaluator.rescale(p, combination(p, [(a, 1)], 0, a.level, a.scale * Scale(max(0, gap))))

    # All in a row.

    def _raise(self, a, log2_range):
        bottom = self.slots_to_coeffs(evaluator.drop_level(self.parameters, a, self.input_level), a.scale * Scale(log2_range))
        return self.coeffs_to_slots(self.trace(self.mod_raise(bottom)))

    def _parts(self, w):
        conjugated = evaluator.apply_galois(self.parameters, w, self.galois("conjugate"), self.keys(GALOIS, "conjugate"))
        yield evaluator.add(w, conjugated)
        yield evaluator.multiply_by_i(evaluator.sub(w, conjugated), 3)

    def _reduced(self, part, output_scale, log2_range):
        y = self.eval_mod(part, output_scale * Scale(log2_range))
        return Ciphertext(*y.parts, y.level, output_scale)

    def bootstrap(self, a, output_scale, log2_range):
        real, imaginary = self._parts(self._raise(a, log2_range))
        real = self._reduced(real, output_scale, log2_range)
        if self.literal.real:
            return real
        return evaluator.add(real, evaluator.multiply_by_i(self._reduced(imaginary, output_scale, log2_range), 1))

    def bootstrap_pair(self, a, b, output_scale, log2_range):
        low_a, low_b = (evaluator.drop_level(self.parameters, each, self.input_level) for each in (a, b))
        whole = evaluator.add(low_a, evaluator.multiply_by_i(low_b, 1))
        return [self._reduced(part, output_scale, log2_range) for part in self._parts(self._raise(whole, log2_range))]


def _root(x, degree):
    """x^(1 / degree), degree a power of two, of a Fraction: right to 200 bits."""
    assert degree == 1 << degree.bit_length() - 1
    fixed = x.numerator * ONE // x.denominator
    while degree > 1:
        fixed, degree = isqrt(fixed << BITS), degree // 2
    return Fraction(fixed, ONE)


def _cos(angle):
    """Of an angle in fixed point, or a Fraction of it, of any size; a Fraction."""
    turn = 2 * embedding.pi()
    return Fraction(embedding.cos_sin(int(angle) % turn)[0], ONE)
