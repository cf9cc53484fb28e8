"""Estimates by other means of the same instances, which this one is held to: (log2 N, log2 q, bits, ...), all at deviation 3.19.

Of the lattice-estimator (Albrecht, Player, Scott 2015 and later; commit 27a581b of 2026-06-06, MATZOV cost model): dense ternary secrets at
the limits of the Security Guidelines of 2024 (Bossuat et al., table 5.2), then at those of the HomomorphicEncryption.org standard of 2018.
Of sparse secrets by a separate script of this project, which was never published: a check on each other, no more.
"""

SIGMA = 3.19

# log2 N, log2 q, uSVP, dual hybrid
DENSE = [
    (12, 106, 129.4, 129.6), (13, 214, 128.5, 129.0), (14, 430, 128.4, 129.2), (15, 868, 128.0, 129.2), (16, 1747, 128.2, 129.0), (17, 3523, 128.1, 128.8),
    (12, 109, 125.6, 125.7), (13, 218, 126.0, 126.5), (14, 438, 125.9, 126.6), (15, 881, 126.1, 126.9),
]

# Largest log2 q with 128 bits at BDGL16's cost by uSVP, within one bit: the standard of 2018.
BDGL16 = [(12, 108), (13, 218), (14, 438), (15, 881)]

# log2 N, log2 q, Hamming weight, hybrid attack on one target, with all rotations. An estimate must not promise more than these.
SPARSE = [
    (16, 126, 32, 167.7, 163.5), (16, 61, 32, 188.5, 185.9), (15, 61, 32, 164.7, 161.5), (14, 121, 32, 119.3, 114.0),
    (13, 180, 192, 135.2, None), (14, 380, 192, 130.1, None), (16, 1546, 192, 131.6, 121.9), (15, 768, 192, 131.1, 121.6),
]
QUICK_SPARSE = 4  # so many of them take a second or two each
