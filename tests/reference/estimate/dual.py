"""The dual attack: many short vectors of the dual lattice, whose products with the samples are small only for the right guess.

MATZOV   "Report on the security of LWE: improved dual lattice attack", 2022, sections 4 and 5; here without modulus switching and FFT:
         those zeta coordinates that are guessed are tried one by one, and zeta = 0 only tells LWE from uniform.
GJ21     Guo, Johansson, "Faster dual lattice attacks for solving LWE with applications to CRYSTALS", ASIACRYPT 2021.
"""

import math
from statistics import NormalDist

from estimate.reduction import add, log_delta
from estimate.usvp import usvp

_LOG_E = math.log2(math.e)
SUCCESS = 0.99


def _log_quantile_square(log_guesses):
    """log2 of (phi_fp + phi_fn)^2, MATZOV eq. (5): no wrong one of so many guesses passes with probability 1/2, the right one does with
    SUCCESS. From 2^40 guesses on phi_fp is sqrt(2 ln guesses), which is a little too large."""
    if log_guesses < 40:
        phi_fp = NormalDist().inv_cdf(1 - 0.5 / 2 ** (log_guesses + 1))
    else:
        phi_fp = math.sqrt(2 * log_guesses / _LOG_E)
    return 2 * math.log2(phi_fp + NormalDist().inv_cdf(SUCCESS))


def _cost(instance, model, beta, zeta):
    """(log2 of the cost, d) of the attack at one block size with zeta guessed coordinates."""
    rest = instance.n - zeta
    log_step = instance.log_q - instance.log_xi  # the dual lattice, its secret part shrunk by xi, has the volume (q / xi)^rest
    d = max(beta + 1, rest + 1, round(math.sqrt(rest * log_step / log_delta(beta))))
    rho, log_have, log_reduction = model.short_vectors(beta, d)
    log_length = rho + d * log_delta(beta) + rest * log_step / d
    log_noise = log_length + math.log2(instance.sigma) - instance.log_q  # deviation of a product, over q
    log_guesses = zeta * math.log2(3)
    # The mean of the cosines is exp(-2 pi^2 noise^2), their variance 1/2 (MATZOV, section 5.1, D_eq and D_arg).
    log_need = _log_quantile_square(log_guesses) - 1 + 4 * math.pi**2 * 2 ** (2 * min(log_noise, 8)) * _LOG_E
    return add(log_reduction + max(log_need - log_have, 0), log_need + log_guesses), d


def descend(cost, start, step, low, last_step=1):
    """The least (value, place) of a function with one valley on the integers from `low` on, found by steps that are halved."""
    best = (cost(start), start)
    while step >= last_step:
        moved = min((cost(x), x) for x in (max(low, best[1] - step), best[1] + step))
        if moved < best:
            best = moved
        else:
            step //= 2
    return best


def dual(instance, model, guess=True):
    """(log2 of the cost, beta, d, zeta); the search begins at the block size of the primal attack."""
    def at(beta):
        return descend(lambda zeta: _cost(instance, model, beta, zeta)[0], 0, 16, 0) if guess else (_cost(instance, model, beta, 0)[0], 0)

    value, beta = descend(lambda b: at(b)[0], usvp(instance, model)[1], 64, 50)
    zeta = at(beta)[1]
    return value, beta, _cost(instance, model, beta, zeta)[1], zeta
