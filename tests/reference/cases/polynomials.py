"""Polynomials of ciphertexts (src/fhe/circuits/polynomial.hpp)."""

from cases.setting import CHAINS, bench, test_slots
from scheme import keys
from scheme.parameters import Scale
from scheme.polynomials import Chebyshev, power_of_two_to
from scheme.ring import describe

RINGS = {"even": CHAINS["even"]}
X = Scale(20)


def _drawn(degree, keep=lambda k: True):
    """Multiples of 2^-20, so that sums and doubles of them are exact."""
    drawn = [re for re, _ in test_slots(degree, degree + 1)]
    return [c if keep(k) or k == degree else 0 for k, c in enumerate(drawn)]


def _polynomials():
    for degree in (1, 2, 3, 4, 5, 7, 8, 11, 15, 16, 23, 31, 40, 63):
        yield _drawn(degree)
    yield _drawn(15, lambda k: k % 2 == 1)
    yield _drawn(30, lambda k: k % 2 == 0)
    yield _drawn(16, lambda k: k == 0)
    yield _drawn(33, lambda k: k == power_of_two_to(k) if k else False)
    yield _drawn(24, lambda k: False)


def cases():
    b = bench("even")
    p, top = b.parameters, b.parameters.top
    x, key = b.ciphertext(0, top, X), b.key(keys.RELINEARIZE, 0, top)
    for coefficients in _polynomials():
        for scale in (X, Scale(22)):
            result = Chebyshev(p, x, key).evaluate(coefficients, scale)
            yield {"op": "chebyshev", "coefficients": [float(c) for c in coefficients], "ring": "even", "level": top,
                   "scale": [scale.two], **describe(result.parts)}
