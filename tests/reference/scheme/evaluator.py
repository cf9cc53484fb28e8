"""Operations on ciphertexts (src/fhe/ckks) and below them on polynomials (src/fhe/ring), each as its definition."""

from fractions import Fraction

from scheme.keys import Ciphertext, Product
from scheme.numbers import product, round_half_even
from scheme.parameters import prime_scale
from scheme.ring import Poly


def add(a, b):
    assert (a.level, a.scale) == (b.level, b.scale)
    return Ciphertext(a.c0 + b.c0, a.c1 + b.c1, a.level, a.scale)


def sub(a, b):
    assert (a.level, a.scale) == (b.level, b.scale)
    return Ciphertext(a.c0 - b.c0, a.c1 - b.c1, a.level, a.scale)


def negate(a):
    return Ciphertext(-a.c0, -a.c1, a.level, a.scale)


def add_plain(a, poly):
    return Ciphertext(a.c0 + poly, a.c1, a.level, a.scale)


def multiply_plain(a, poly, scale):
    return Ciphertext(a.c0 * poly, a.c1 * poly, a.level, a.scale * scale)


def multiply(a, b):
    return Product(a.c0 * b.c0, a.c0 * b.c1 + a.c1 * b.c0, a.c1 * b.c1, a.level, a.scale * b.scale)


def multiply_by_i(a, power):
    """X^(N/2) is the imaginary unit in every slot."""
    turned = [c.times_x((power % 2) * c.n // 2) for c in a.parts]
    turned = [-c for c in turned] if power % 4 >= 2 else turned
    return Ciphertext(*turned, a.level, a.scale)


def rescale(parameters, a):
    last = parameters.q[a.level]
    halves = [c.divide([last], parameters.basis(a.level - 1, 0)) for c in a.parts]
    return Ciphertext(*halves, a.level - 1, a.scale / prime_scale(a.level))


def drop_level(parameters, a, level):
    return Ciphertext(*(c.restrict(parameters.basis(level, 0)) for c in a.parts), level, a.scale)


def decompose(parameters, a):
    """ModUp: the centred integers of each gadget digit, modulo Q_l P. `a` is modulo Q_l."""
    level = len(a.primes) - 1
    primes = parameters.basis(level)
    return [a.restrict(parameters.q[first:first + count]).lift(primes) for first, count in parameters.digits_at(level)]


def inner_product(digits, key):
    """(sum digit_i b_i, sum digit_i a_i) modulo the digits' primes; the key may be over more."""
    primes, sums = digits[0].primes, []
    for halves in (key.b, key.a):
        terms = [digit * half.restrict(primes) for digit, half in zip(digits, halves)]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        sums.append(total)
    return sums


def lift_times_p(parameters, a):
    """P a modulo Q_l P."""
    level = len(a.primes) - 1
    return Poly(a.log_n, parameters.basis(level), a.coefficients).times(product(parameters.p))


def mod_down(parameters, a, rescales=False):
    """round(a / P), or round(a / (P q_l)); `a` modulo Q_l P."""
    level = len(a.primes) - len(parameters.p) - 1
    divisors = parameters.p + ([parameters.q[level]] if rescales else [])
    return a.divide(divisors, parameters.basis(level - 1 if rescales else level, 0))


def switch_key(parameters, digits, key, summands=(None, None), rescales=False, g=1):
    """sigma_g of round((digits times key + P summands) / P), or / (P q_l)."""
    halves = []
    for total, summand in zip(inner_product(digits, key), summands):
        if summand is not None:
            total = total + lift_times_p(parameters, summand)
        halves.append(mod_down(parameters, total, rescales).automorphism(g))
    return halves


def add_switched(parameters, a, key, summand, g, sums):
    """sums + sigma_g(summand + digits times key) modulo Q_l P, not divided: a rotation added up among others."""
    halves = inner_product(decompose(parameters, a), key)
    halves[0] = halves[0] + summand
    return [total + half.automorphism(g) for total, half in zip(sums, halves)]


def relinearize(parameters, product_, key, rescales=False):
    d0, d1, d2 = product_.parts
    halves = switch_key(parameters, decompose(parameters, d2), key, (d0, d1), rescales)
    if not rescales:
        return Ciphertext(*halves, product_.level, product_.scale)
    return Ciphertext(*halves, product_.level - 1, product_.scale / prime_scale(product_.level))


def galois_of_rotation(parameters, step):
    """5^step modulo 2N rotates the slots to the left by `step`."""
    return pow(5, step % (parameters.n // 2), 2 * parameters.n)


def apply_galois(parameters, a, g, key):
    return Ciphertext(*switch_key(parameters, decompose(parameters, a.c1), key, (a.c0, None), g=g), a.level, a.scale)


def linear_combination(parameters, terms, constant, level, scale):
    """Sum of the integers nearest to factor * scale / (scale of the term) times the terms, plus the constant."""
    primes = parameters.basis(level, 0)
    n, log_n = parameters.n, parameters.log_n
    halves = [Poly(log_n, primes, [0] * n), Poly(log_n, primes, [0] * n)]
    for a, factor in terms:
        integer = round_half_even(Fraction(factor) * (scale / a.scale).value(parameters))
        halves = [half + c.restrict(primes).times(integer) for half, c in zip(halves, a.parts)]
    shift = round_half_even(Fraction(constant) * scale.value(parameters))
    return Ciphertext(halves[0] + Poly(log_n, primes, [shift] + [0] * (n - 1)), halves[1], level, scale)


def change_scale(parameters, a, scale):
    """The same values at another scale, one level lower (Program, "change scale"): times the nearest integer to q_l S_out / S_in."""
    return rescale(parameters, linear_combination(parameters, [(a, 1.0)], 0.0, a.level, scale * prime_scale(a.level)))


def switch_at_bottom(parameters, pair, key):
    """(c0, 0) + round(c1 (b, a) / p_0) modulo q_0: into the sparse secret of a bootstrap."""
    digit = pair[1].lift(parameters.basis(0, 1))
    halves = [(digit * half[0]).divide(parameters.p[:1], parameters.basis(0, 0)) for half in (key.b, key.a)]
    return [pair[0] + halves[0], halves[1]]


def raise_modulus(parameters, a, level):
    """ModRaise: the centred integers modulo q_0, modulo Q_level."""
    return a.lift(parameters.basis(level, 0))
