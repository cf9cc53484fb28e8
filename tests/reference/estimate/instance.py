"""What is attacked: LWE with n secrets modulo q, as many samples as one likes (a key and its evaluation keys give plenty)."""

import math
from dataclasses import dataclass, replace

CENTRED_BINOMIAL = math.sqrt(10.5)  # 42 coins: what the engine draws


@dataclass(frozen=True)
class Instance:
    n: int
    log_q: float
    sigma: float = CENTRED_BINOMIAL
    weight: int = 0  # of a sparse ternary secret; 0: uniform ternary

    @property
    def secret_deviation(self):
        return math.sqrt(self.weight / self.n) if self.weight else math.sqrt(2 / 3)

    @property
    def log_xi(self):
        """By which the secret's coordinates are stretched so that they are as large as the errors (Bai, Galbraith, ACISP 2014, section 4)."""
        return math.log2(self.sigma / self.secret_deviation)

    def with_fewer(self, n):
        return replace(self, n=n)
