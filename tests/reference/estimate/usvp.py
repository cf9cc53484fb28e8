"""The primal attack: the secret is an unusually short vector.

ADPS16   Alkim, Ducas, Poeppelmann, Schwabe, "Post-quantum key exchange - a new hope", USENIX Security 2016, section 6.3.
AGVW17   Albrecht, Goepfert, Virdia, Wunderer, "Revisiting the expected cost of solving uSVP and applications to LWE", ASIACRYPT 2017, section 3.2.
"""

import math

from estimate.reduction import log_delta


def _slack(instance, beta, d):
    """log2 of the right over the left side of sqrt(beta) sigma <= delta^(2 beta - d - 1) Vol^(1/d) (ADPS16, eq. (2); AGVW17, eq. (3)), for the
    lattice of the error, the stretched secret and one more coordinate of size sigma: Vol = q^(d - n - 1) xi^n sigma."""
    n = instance.n
    log_sigma = math.log2(instance.sigma)
    log_volume = (d - n - 1) * instance.log_q + n * instance.log_xi + log_sigma
    return (2 * beta - d - 1) * log_delta(beta) + log_volume / d - 0.5 * math.log2(beta) - log_sigma


def _best_dimension(instance, beta):
    """Where the right side is largest: d^2 log delta = n (log q - log xi) + log q - log sigma."""
    n = instance.n
    return max(n + 2, beta + 1, math.ceil(math.sqrt((n * (instance.log_q - instance.log_xi) + instance.log_q) / log_delta(beta))))


def _least_dimension(instance, beta):
    """The least d for which this beta succeeds; the slack rises up to the best one."""
    low, high = max(instance.n + 1, beta), _best_dimension(instance, beta)
    while high - low > 1:
        middle = (low + high) // 2
        if _slack(instance, beta, middle) >= 0:
            high = middle
        else:
            low = middle
    return high


def usvp(instance, model):
    """(log2 of the cost, beta, d)."""
    low, high = 40, 40
    while _slack(instance, high, _best_dimension(instance, high)) < 0:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _slack(instance, middle, _best_dimension(instance, middle)) >= 0:
            high = middle
        else:
            low = middle
    d = _least_dimension(instance, high)
    return model.bkz(high, d), high, d
