"""Linear transforms and sums of rotations (src/fhe/circuits)."""

from cases.setting import FRESH, bench
from scheme.circuits import Transform, sum_rotations
from scheme.ring import describe

# (giant step, [(input, baby step, diagonal)])
STEPS = {
    "babies": [(0, [(0, 0, 0), (1, 1, 1), (0, 3, 2), (1, 0, 3), (1, 3, 4)])],
    "giants": [(0, [(0, 0, 0), (1, 1, 1), (0, 3, 2)]), (2, [(0, 1, 3), (1, 0, 4)]), (-2, [(1, 3, 5)])],
    "only_rotated": [(2, [(0, 1, 0), (1, 0, 1)]), (-2, [(0, 1, 2)])],
}
HORNER = {
    "to_the_end": [(2, [(0, 0, 0), (1, 1, 1)]), (2, [(1, 0, 2)]), (2, [(0, 3, 3)])],
    "last_in_place": [(2, [(0, 0, 0), (1, 1, 1)]), (-2, [(0, 1, 2)]), (0, [(0, 3, 3)])],
}
ROTATIONS = [[1], [0, 1, 3, -2], [2, 2, 0]]


def _terms(steps):
    """Flat, for the vector: number of the step, giant step, input, baby step, diagonal."""
    return [[number, giant, *term] for number, (giant, terms) in enumerate(steps) for term in terms]


def _diagonals(b, level, extended, encrypted):
    """Diagonal i is uniform polynomial 100 + i, or 100 + 2 i and 101 + 2 i."""
    if encrypted:
        return [[b.poly(100 + 2 * i, level, extended), b.poly(101 + 2 * i, level, extended)] for i in range(6)]
    return [[b.poly(100 + i, level, extended)] for i in range(6)]


def _transforms(b, level):
    inputs, top = [b.ciphertext(i, level) for i in range(2)], b.parameters.top
    def keys(kind, step):
        return b.key(kind, step, top)
    for extended in (False, True):
        transform = Transform(b.parameters, keys, b.galois, extended)
        for encrypted in (False, True):
            diagonals = _diagonals(b, level, extended, encrypted)
            for name, steps in STEPS.items():
                for rescales in (False, True):
                    result = transform.finish(steps, inputs, diagonals, level, FRESH * FRESH, rescales)
                    yield {"op": "transform", "terms": _terms(steps), "extended": extended, "encrypted": encrypted, "rescales": rescales}, result.parts
            total = [transform.step(giant, parts) for (giant, _), parts in zip(STEPS["giants"], transform.sums(STEPS["giants"], inputs, diagonals))]
            partial = [sum(halves[1:], halves[0]) for halves in zip(*total)]
            if encrypted:
                yield {"op": "partial_transform", "terms": _terms(STEPS["giants"]), "extended": extended, "encrypted": encrypted}, partial
    diagonals = _diagonals(b, level, True, False)
    for name, steps in HORNER.items():
        result = transform.horner(steps, inputs, diagonals, level, FRESH * FRESH, True)
        yield {"op": "horner", "terms": _terms(steps), "extended": True, "encrypted": False, "rescales": True}, result.parts
    for rotations in ROTATIONS:
        yield {"op": "sum_rotations", "rotations": rotations}, sum_rotations(b.parameters, inputs[0], rotations, keys, b.galois).parts


def cases():
    for ring in ("narrow", "wide", "deep"):
        b = bench(ring)
        for level in (b.parameters.top, 1):
            for fields, polys in _transforms(b, level):
                yield {**fields, "ring": ring, "level": level, **describe(polys)}
