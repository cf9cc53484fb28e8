"""ModUp, the gadget product, ModDown, and both at once (src/fhe/ring)."""

from cases.setting import RINGS, bench
from scheme import evaluator, keys
from scheme.ring import describe


def _steps(b, level):
    """The single steps on a polynomial modulo Q_level and on two modulo Q_level P."""
    p, a, key = b.parameters, b.poly(50, level), b.key(keys.RELINEARIZE, 0, b.parameters.top)
    digits = evaluator.decompose(p, a)
    wide = [b.poly(51, level, special=1), b.poly(52, level, special=1)]
    yield "decompose", digits
    yield "inner_product", evaluator.inner_product(digits, key)
    yield "lift_times_p", [evaluator.lift_times_p(p, a)]
    yield "mod_down", [evaluator.mod_down(p, wide[0])]
    yield "divide_pair", [evaluator.mod_down(p, half) for half in wide]
    yield "add_switched", evaluator.add_switched(p, a, key, b.poly(53, level, special=1), 5, wide)
    yield "gadget_multiple", [wide[0] + wide[1].times(_product(p.p) * keys.gadget_factor(p, wide[0].primes, 0))]
    if level > 0:
        yield "mod_down_and_rescale", [evaluator.mod_down(p, wide[0], rescales=True)]
        yield "divide_by_last_prime", [a.divide([p.q[level]], p.basis(level - 1, 0))]
        yield "divide_pair_and_rescale", [evaluator.mod_down(p, half, rescales=True) for half in wide]


def _product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def _whole(b, level):
    """switch_key with every end that it can have."""
    p, a, key = b.parameters, b.poly(50, level), b.key(keys.RELINEARIZE, 0, b.parameters.top)
    digits, summands = evaluator.decompose(p, a), (b.poly(54, level), b.poly(55, level))
    for rescales in (False, True) if level > 0 else (False,):
        for g in (1, 5, 2 * p.n - 1):
            for count in (0, 1, 2):
                given = summands[:count] + (None,) * (2 - count)
                halves = evaluator.switch_key(p, digits, key, given, rescales, g)
                yield {"rescales": rescales, "g": g, "summands": count, **describe(halves)}


def _bottom(b):
    """Into the sparse secret, and up again."""
    to_sparse, to_dense = b.encapsulation(b.parameters.top)
    pair = [b.poly(60, 0), b.poly(61, 0)]
    switched = evaluator.switch_at_bottom(b.parameters, pair, to_sparse)
    raised = [evaluator.raise_modulus(b.parameters, half, b.parameters.top) for half in switched]
    back = evaluator.switch_key(b.parameters, evaluator.decompose(b.parameters, raised[1]), to_dense, (raised[0], None))
    yield "switch_at_bottom", switched
    yield "raise_modulus", raised
    yield "decapsulate", back


def cases():
    for name in RINGS:
        b = bench(name)
        for level in sorted({b.parameters.top, b.parameters.top // 2, 0}):
            for op, polys in _steps(b, level):
                yield {"op": op, "ring": name, "level": level, **describe(polys)}
        for level in sorted({b.parameters.top, 1, 0}):
            for fields in _whole(b, level):
                yield {"op": "switch_key", "ring": name, "level": level, **fields}
    for name in ("wide", "long"):
        for op, polys in _bottom(bench(name)):
            yield {"op": op, "ring": name, "level": bench(name).parameters.top, **describe(polys)}
