"""Integers: primes, roots of unity, the Chinese remainder theorem, roundings."""

from fractions import Fraction
from functools import lru_cache


def is_prime(n):
    """Miller-Rabin with the first thirteen primes, which decides for n < 3.3e24 (Sorenson and Webster, 2017)."""
    if n < 2:
        return False
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
    for p in bases:
        if n % p == 0:
            return n == p
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def ntt_primes(bits, log_n, count):
    """The `count` largest primes of exactly `bits` bits that are 1 modulo 2N, in descending order."""
    primes, candidate = [], 2**bits - 1
    candidate -= (candidate - 1) % (2 << log_n)
    while candidate > 2 ** (bits - 1) and len(primes) < count:
        if is_prime(candidate):
            primes.append(candidate)
        candidate -= 2 << log_n
    if len(primes) < count:
        raise ValueError(f"there are fewer than {count} primes of {bits} bits for N = 2^{log_n}")
    return primes


@lru_cache(maxsize=None)
def smallest_root(q, log_n):
    """The smallest psi of multiplicative order exactly 2N modulo the prime q: the least odd power of any element of that order."""
    n = 1 << log_n
    order_2n = next(r for r in (pow(g, (q - 1) // (2 * n), q) for g in range(2, q)) if pow(r, n, q) == q - 1)
    best, power, square = order_2n, order_2n, order_2n * order_2n % q
    for _ in range(n - 1):
        power = power * square % q
        best = min(best, power)
    return best


def bit_reverse(i, bits):
    return int(format(i, f"0{bits}b")[::-1], 2) if bits else 0


def centred(x, m):
    """The representative of x modulo the odd m in [-(m-1)/2, (m-1)/2]."""
    x %= m
    return x - m if x > m // 2 else x


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def compose(residues, moduli):
    """The integer in [0, product of moduli) with these residues."""
    m = product(moduli)
    return sum(r * (m // q) * pow(m // q, -1, q) for r, q in zip(residues, moduli)) % m


def divide_and_round(x, divisor):
    """round(x / divisor) of an integer by an odd one: there are no ties."""
    return (x - centred(x, divisor)) // divisor


def round_half_even(x):
    """The integer nearest to a Fraction, ties to even (IEEE 754's default)."""
    return round(Fraction(x))
