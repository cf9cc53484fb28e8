"""Block reduction: how short vectors get, and what that costs.

Chen13   Chen, "Reduction de reseau et securite concrete du chiffrement completement homomorphe", thesis, Paris 7, 2013, section 4.2.
NS06     Nguyen, Stehle, "LLL on the average", ANTS 2006.
BDGL16   Becker, Ducas, Gama, Laarhoven, "New directions in nearest neighbor searching with applications to lattice sieving", SODA 2016.
APS15    Albrecht, Player, Scott, "On the concrete hardness of learning with errors", J. Math. Cryptol. 9(3), 2015.
Ducas18  Ducas, "Shortest vector from lattice sieving: a few dimensions for free", EUROCRYPT 2018.
MATZOV   "Report on the security of LWE: improved dual lattice attack", 2022 (Zenodo 6412487).
GJ21     Guo, Johansson, "Faster dual lattice attacks for solving LWE with applications to CRYSTALS", ASIACRYPT 2021.
"""

import math
from functools import lru_cache

LLL_DELTA = 1.0219  # NS06: what LLL reaches on the average
_FORMULA_FROM = 40  # Chen13's formula is asymptotic; below, blocks bring little over LLL


def _chen(beta):
    """Chen13: ((pi beta)^(1/beta) beta / (2 pi e))^(1/(2 (beta - 1)))."""
    return (beta / (2 * math.pi * math.e) * (math.pi * beta) ** (1 / beta)) ** (1 / (2 * (beta - 1)))


@lru_cache(maxsize=None)
def log_delta(beta):
    """log2 of the root Hermite factor. Between LLL (beta = 2) and the formula at 40 its logarithm is interpolated linearly."""
    if beta >= _FORMULA_FROM:
        return math.log2(_chen(beta))
    share = (max(beta, 2) - 2) / (_FORMULA_FROM - 2)
    return (1 - share) * math.log2(LLL_DELTA) + share * math.log2(_chen(_FORMULA_FROM))


def add(*logs):
    """log2 of a sum, its terms given by log2."""
    top = max(logs)
    return top + math.log2(sum(2 ** (x - top) for x in logs)) if top > -math.inf else top


def dimensions_for_free(beta):
    """Ducas18, section 4.3: beta ln(4/3) / ln(beta / (2 pi e))."""
    return max(beta * math.log(4 / 3) / math.log(beta / (2 * math.pi * math.e)), 0.0) if beta > 2 * math.pi * math.e + 1 else 0.0


def _lll(d):
    return 3 * math.log2(d)


class Matzov:
    """Gates of BKZ-beta in dimension d: C (d - beta) sieves, each with its progressive overhead C = 1 / (1 - 2^-a), of 2^(a beta' + b)
    gates at beta' = beta less the dimensions for free. a and b fit the gate counts of MATZOV, section 7 (list decoding)."""

    name = "MATZOV"
    a, b = 0.29613500308205365, 20.387885985467914
    overhead = -math.log2(1 - 2**-0.292)

    def sieve(self, dimension):
        return self.a * dimension + self.b

    def bkz(self, beta, d):
        calls = self.overhead + math.log2(max(d - beta, 1))
        return add(_lll(d), calls + self.overhead + self.sieve(beta - dimensions_for_free(beta)))

    def short_vectors(self, beta, d):
        """(log2 of rho, log2 of their number, log2 of the cost): GJ21, section 4.2, as MATZOV, section 5 uses it. After BKZ-beta a sieve in as
        many dimensions as cost no more gives (4/3)^(dim/2) vectors, rho times as long as the first one of the basis."""
        effective = beta - dimensions_for_free(beta)
        dimension = min(d, effective + (math.log2(max(d - beta, 1)) + self.overhead) / self.a)
        rho = 0.5 * math.log2(4 / 3) + (dimension - 1) * log_delta(int(dimension)) + (1 - dimension) * log_delta(beta)
        return rho, 0.5 * math.log2(4 / 3) * dimension, add(self.bkz(beta, d), self.overhead + self.sieve(dimension))


class Bdgl16:
    """BDGL16's 2^(0.292 beta) with the constant 16.4 and 8 d calls per reduction of APS15, sections 3.3 and 4; no dimensions for free."""

    name = "BDGL16"

    def bkz(self, beta, d):
        return add(_lll(d), 3 + math.log2(d) + (0.292 if beta > 90 else 0.387) * beta + 16.4)

    def short_vectors(self, beta, d):
        """The last sieve of the reduction leaves (4/3)^(beta/2) vectors of sqrt(4/3) times the first one's length."""
        return 0.5 * math.log2(4 / 3), 0.5 * math.log2(4 / 3) * beta, self.bkz(beta, d)


MODELS = {"matzov": Matzov(), "bdgl16": Bdgl16()}
