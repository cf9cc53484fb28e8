"""Keys, encryption and decryption (src/fhe/secret, src/fhe/ckks/encrypt.hpp, keys.hpp)."""

from scheme.numbers import product
from scheme.ring import Poly, uniform_poly
from scheme.stream import SECRET_KEY, Stream, centred_binomial, derive_seed, sparse_ternary, ternary

RELINEARIZE, GALOIS, GALOIS_RELINEARIZE = "relinearize", "galois", "galois_relinearize"


class Ciphertext:
    def __init__(self, c0, c1, level, scale):
        self.c0, self.c1, self.level, self.scale = c0, c1, level, scale

    @property
    def parts(self):
        return [self.c0, self.c1]


class Product:
    """(d0, d1, d2): a product that has not been relinearised."""

    def __init__(self, d0, d1, d2, level, scale):
        self.parts, self.level, self.scale = [d0, d1, d2], level, scale


class SwitchingKey:
    """Per gadget digit a pair (b, a) over `primes`, and the seed that names the a."""

    def __init__(self, b, a, seed, level):
        self.b, self.a, self.seed, self.level = b, a, seed, level


def secret_coefficients(parameters, seed):
    return ternary(Stream(seed, SECRET_KEY, 0), parameters.n)


def _small(parameters, primes, coefficients):
    return Poly(parameters.log_n, primes, coefficients)


def zero_encryption(parameters, a, secret, errors):
    """e - a s with a fresh error."""
    e = _small(parameters, a.primes, centred_binomial(errors, parameters.n))
    return e - a * _small(parameters, a.primes, secret)


def public_key(parameters, secret, seed, errors):
    """(b, a) modulo QP, a uniform polynomial 0 of the seed."""
    a = uniform_poly(parameters.log_n, parameters.basis(parameters.top), seed, 0)
    return zero_encryption(parameters, a, secret, errors), a


def encrypt_public(parameters, key, plaintext, level, scale, stream):
    """(b v + e0, a v + e1), divided by P if the plaintext has no special primes; plus the plaintext. From the stream: v, e0, e1."""
    primes = parameters.basis(level)
    v = _small(parameters, primes, ternary(stream, parameters.n))
    e0 = _small(parameters, primes, centred_binomial(stream, parameters.n))
    e1 = _small(parameters, primes, centred_binomial(stream, parameters.n))
    c0, c1 = (half.restrict(primes) * v + e for half, e in zip(key, (e0, e1)))
    if plaintext.primes != primes:
        c0, c1 = (c.divide(parameters.p, plaintext.primes) for c in (c0, c1))
    return Ciphertext(c0 + plaintext, c1, level, scale)


def encrypt_symmetric(parameters, secret, plaintext, level, scale, seed, index, errors):
    """(m + e - a s, a) over the plaintext's primes."""
    a = uniform_poly(parameters.log_n, plaintext.primes, seed, index)
    return Ciphertext(zero_encryption(parameters, a, secret, errors) + plaintext, a, level, scale)


def decrypt(parameters, secret, ciphertext):
    """c0 + c1 s."""
    return ciphertext.c0 + ciphertext.c1 * _small(parameters, ciphertext.c1.primes, secret)


def gadget_factor(parameters, primes, digit):
    """g with g = 1 modulo the primes of the digit and 0 modulo all others of `primes`."""
    first, count = parameters.digits[digit]
    own = [q for q in primes if q in parameters.q[first:first + count]]
    others = product(q for q in primes if q not in own)
    return others * pow(others, -1, product(own))


def gadget_key(parameters, source, target, level, seed, errors):
    """b_i + a_i target = e_i + P g_i source modulo Q_level P, for each digit i; target as coefficients, source as a Poly."""
    primes, b, a = parameters.basis(level), [], []
    for digit in range(len(parameters.digits_at(level))):
        a.append(uniform_poly(parameters.log_n, primes, seed, digit))
        message = source.times(product(parameters.p) * gadget_factor(parameters, primes, digit))
        b.append(zero_encryption(parameters, a[-1], target, errors) + message)
    return SwitchingKey(b, a, seed, level)


def switching_key(parameters, secret, kind, g, level, seed, errors):
    """From s or s^2 to s, or to sigma_g^-1(s): the automorphism is applied after the switch."""
    s = _small(parameters, parameters.basis(level), secret)
    source = s if kind == GALOIS else s * s
    target = s.automorphism(pow(g, -1, 2 * parameters.n)).centred()
    return gadget_key(parameters, source, target, level, seed, errors)


def encapsulation_keys(parameters, secret, level, seed, errors, sparse_stream, weight=32):
    """To a sparse secret, modulo q_0 p_0 with one digit, and back from it (docs/formats.md, "Evaluation keys")."""
    sparse = sparse_ternary(sparse_stream, parameters.n, weight)
    bottom, p0 = parameters.basis(0, 1), parameters.p[0]
    a = uniform_poly(parameters.log_n, bottom, derive_seed(seed, 0), 0)
    b = zero_encryption(parameters, a, sparse, errors) + _small(parameters, bottom, secret).times(p0)
    to_sparse = SwitchingKey([b], [a], derive_seed(seed, 0), 0)
    source = _small(parameters, parameters.basis(level), sparse)
    return to_sparse, gadget_key(parameters, source, secret, level, derive_seed(seed, 1), errors)
