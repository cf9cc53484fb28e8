"""The hybrid attack on a sparse ternary secret: guess a part of it meeting in the middle, find the rest by Babai's nearest plane.

HG07     Howgrave-Graham, "A hybrid lattice-reduction and meet-in-the-middle attack against NTRU", CRYPTO 2007.
BGPW16   Buchmann, Goepfert, Player, Wunderer, "On the hardness of LWE with binary error: revisiting the hybrid lattice-reduction and
         meet-in-the-middle attack", AFRICACRYPT 2016, section 3.
HHHW09   Hirschhorn, Hoffstein, Howgrave-Graham, Whyte, "Choosing NTRUEncrypt parameters in light of combined lattice reduction and MITM
         approaches", ACNS 2009: d^2 / 2^1.06 operations of a nearest plane.

In the attacker's favour: two halves that meet are always found, memory is free, and so is the amplification of probabilities.
"""

import math
from functools import lru_cache

from estimate.dual import descend
from estimate.reduction import add, log_delta

_SURE = 12  # a basis vector so many deviations long never fails


@lru_cache(maxsize=None)
def _log_binomial(n, k):
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2) if 0 <= k <= n else -math.inf


def _log_erf(x):
    """log2 of erf, for any x > 0."""
    return math.log2(math.erf(x)) if x > 1e-8 else math.log2(2 * x / math.sqrt(math.pi))


def _log_babai(log_last, step, d, sigma):
    """log2 of the chance that errors of deviation sigma stay in Babai's box, whose sides grow by 2^step from the last, 2^log_last: the
    product of erf(side / (2 sqrt(2) sigma)) (BGPW16, with a Gaussian error)."""
    total, log_side, i = 0.0, log_last - math.log2(sigma), 0
    while i < d and log_side < math.log2(_SURE):
        total += _log_erf(2**log_side / (2 * math.sqrt(2)))
        log_side, i = log_side + step, i + 1
        if total < -2000:
            break
    return total


def _lattice(instance, beta, zeta, left):
    """(d, log2 of the chance of Babai's step) after BKZ-beta on what is left: n - zeta coordinates with `left` nonzero ones."""
    rest = instance.n - zeta
    log_xi = math.log2(instance.sigma / math.sqrt(max(left, 1) / rest))
    d = max(rest + 2, beta + 1, round(math.sqrt(rest * (instance.log_q - log_xi) / log_delta(beta))))
    log_volume = (d - rest) * instance.log_q + rest * log_xi
    log_last = log_volume / d - (d - 1) * log_delta(beta)  # the geometric series: log2 b_i = vol / d + (d - 1 - 2 i) log delta
    return d, _log_babai(log_last, 2 * log_delta(beta), d, instance.sigma)


def _guesses(instance, zeta):
    """(w, log2 of the number of guesses of weight up to w, log2 of the chance that the part has no more), for w = 0, 1, ..."""
    n, h = instance.n, instance.weight
    log_count = log_chance = -math.inf
    for w in range(min(h, zeta) + 1):
        log_count = add(log_count, _log_binomial(zeta, w) + w)
        log_chance = add(log_chance, _log_binomial(zeta, w) + _log_binomial(n - zeta, h - w) - _log_binomial(n, h))
        yield w, log_count, log_chance


def _cost(instance, model, beta, zeta, rotations):
    """The least log2 of the cost over the weight that is tried. One reduced basis serves as many targets as there are: the N rotations
    X^i b = a (X^i s) + X^i e of one sample, or b alone; each succeeds with the same chance."""
    best = math.inf
    for w, log_count, log_chance in _guesses(instance, zeta):
        d, log_babai = _lattice(instance, beta, zeta, instance.weight - w)
        log_success = min(log_chance + log_babai, 0)
        search = log_count / 2 + 2 * math.log2(d) - 1.06
        if search > best:
            break
        targets = min(math.log2(instance.n), -log_success) if rotations else 0
        best = min(best, add(model.bkz(beta, d), targets + search) - targets - log_success)
    return best


_BLOCKS = (60, 90, 120, 160, 200, 250, 300, 350)
_SHARES = (0.1, 0.3, 0.5, 0.7, 0.85, 0.92, 0.96, 0.98)  # of the coordinates that are guessed


def hybrid(instance, model, rotations):
    """(log2 of the cost, beta, zeta): from the best of a coarse grid down, first along zeta, then along beta with zeta following."""
    n = instance.n
    scanned = ((_cost(instance, model, beta, int(share * n), rotations), beta, int(share * n)) for beta in _BLOCKS for share in _SHARES)
    _, beta, zeta = min(scanned)

    def along_zeta(block, start, step):
        return descend(lambda z: _cost(instance, model, block, min(z, n - 40), rotations), start, step, 0, max(n >> 12, 1))

    value, zeta = along_zeta(beta, zeta, n // 64)
    step = 16
    while step:
        moved = min((*along_zeta(block, zeta, n // 512), block) for block in (max(41, beta - step), beta + step))
        if moved[0] < value:
            value, zeta, beta = moved
        else:
            step //= 2
    return value, beta, zeta
