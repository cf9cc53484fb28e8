"""What an evaluator does to ciphertexts (src/fhe/ckks)."""

from cases.encryption import message
from cases.setting import FRESH, RINGS, bench, test_slots
from scheme import embedding, evaluator, keys
from scheme.parameters import Scale, prime_scale
from scheme.ring import describe
from scheme.stream import EPHEMERAL, Stream, seed_of


def _simple(b, level):
    """Operations without a key."""
    x, y = b.ciphertext(0, level), b.ciphertext(1, level)
    plaintext = message(b, level, False, 42)
    yield "add", evaluator.add(x, y)
    yield "sub", evaluator.sub(x, y)
    yield "negate", evaluator.negate(x)
    yield "add_plain", evaluator.add_plain(x, plaintext)
    yield "multiply_plain", evaluator.multiply_plain(x, plaintext, FRESH)
    yield "multiply", evaluator.multiply(x, y)
    yield "square", evaluator.multiply(x, x)
    for power in (1, 2, 3):
        yield f"multiply_by_i_{power}", evaluator.multiply_by_i(x, power)
    yield "rescale", evaluator.rescale(b.parameters, x)
    yield "drop_level", evaluator.drop_level(b.parameters, x, level - 1)


def _combinations(b, level):
    """A change of scale, and sums with factors: integers of one word and of more than that."""
    x, y = b.ciphertext(0, level), b.ciphertext(1, level)
    grown = Scale(40) * prime_scale(0)
    yield "linear_combination", evaluator.linear_combination(b.parameters, [(x, 0.375), (y, -1.25)], 0.5, level, Scale(55))
    yield "linear_combination_wide", evaluator.linear_combination(b.parameters, [(x, 1.0), (y, -3.0)], -0.75, level - 1, grown)
    yield "add_constant", evaluator.linear_combination(b.parameters, [(x, 1.0)], -1.375, level, FRESH)
    yield "change_scale", evaluator.change_scale(b.parameters, x, Scale(29))
    yield "change_scale_exact", evaluator.change_scale(b.parameters, x, FRESH * FRESH / prime_scale(level))


def _switched(b, level, key_level):
    """Operations that switch keys; a key may be for a higher level."""
    p, x = b.parameters, b.ciphertext(0, level)
    relinearize = b.key(keys.RELINEARIZE, 0, key_level)
    yield "relinearize", evaluator.relinearize(p, b.product(4, level), relinearize)
    if level > 0:
        yield "relinearize_and_rescale", evaluator.relinearize(p, b.product(4, level), relinearize, rescales=True)
    for step in (1, 3, -2, "conjugate"):
        rotated = evaluator.apply_galois(p, x, b.galois(step), b.key(keys.GALOIS, step, key_level))
        yield f"rotate_{step}", rotated
        yield f"rotate_hoisted_{step}", rotated


def _network(b):
    """Slots, encrypted, squared, rotated, times a plaintext, rescaled, decrypted: the words at the end."""
    p, level = b.parameters, b.parameters.top
    slots = [(re, im) for re, im in test_slots(77, p.n // 2)]
    exact = embedding.coefficients(slots, FRESH.value(p), p.log_n)
    assert embedding.is_decided(exact, FRESH.value(p))
    plaintext = b.rounded([round(c) for c in exact], p.basis(level, 0))
    public = keys.public_key(p, b.secret, seed_of("public"), b.errors("public"))
    x = keys.encrypt_public(p, public, plaintext, level, FRESH, Stream(seed_of("masks"), EPHEMERAL, 99))
    y = evaluator.relinearize(p, evaluator.multiply(x, x), b.key(keys.RELINEARIZE, 0, level), rescales=True)
    z = evaluator.add(y, evaluator.apply_galois(p, y, b.galois(3), b.key(keys.GALOIS, 3, level)))
    w = evaluator.rescale(p, evaluator.multiply_plain(z, plaintext.restrict(p.basis(level - 1, 0)), FRESH))
    return describe([*w.parts, keys.decrypt(p, b.secret, w)])


def cases():
    for name in RINGS:
        b = bench(name)
        top = b.parameters.top
        for level in (top, 1):
            for op, result in [*_simple(b, level), *_combinations(b, level)]:
                yield {"op": op, "ring": name, "level": level, **describe(result.parts)}
        for level, key_level in ((top, top), (1, top), (0, top)):
            for op, result in _switched(b, level, key_level):
                yield {"op": op, "ring": name, "level": level, "key_level": key_level, **describe(result.parts)}
        yield {"op": "network", "ring": name, **_network(b)}
