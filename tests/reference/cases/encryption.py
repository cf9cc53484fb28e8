"""Keys, encryption and decryption from fixed seeds (src/fhe/secret, src/fhe/ckks/encrypt.hpp)."""

from cases.setting import FRESH, RINGS, bench
from scheme import keys
from scheme.numbers import centred
from scheme.ring import describe
from scheme.stream import EPHEMERAL, Stream, seed_of


def message(b, level, special, index):
    """A plaintext of small integers: uniform polynomial `index` modulo q_0, centred, its low 20 bits."""
    small = [centred(c, b.parameters.q[0]) % 2**20 for c in b.poly(index, 0).coefficients]
    return b.rounded(small, b.parameters.basis(level, None if special else 0))


def _public(b, key):
    for level in sorted({b.parameters.top, 1, 0}):
        for extended in (False, True):
            stream = Stream(seed_of("masks"), EPHEMERAL, level)
            ciphertext = keys.encrypt_public(b.parameters, key, message(b, level, extended, 40), level, FRESH, stream)
            yield {"op": "encrypt", "ring": b.name, "level": level, "extended": extended, "message": 40, **describe(ciphertext.parts)}
            opened = keys.decrypt(b.parameters, b.secret, ciphertext)
            yield {"op": "encrypt_and_decrypt", "ring": b.name, "level": level, "extended": extended, "message": 40, **describe([opened])}


def _symmetric(b):
    for level, extended, index in ((b.parameters.top, False, 0), (1, True, 3), (0, False, 2**35)):
        plaintext = message(b, level, extended, 41)
        ciphertext = keys.encrypt_symmetric(b.parameters, b.secret, plaintext, level, FRESH, seed_of("weights"), index, b.errors("weights"))
        yield {"op": "encrypt_symmetric", "ring": b.name, "level": level, "extended": extended, "index": str(index), "message": 41,
               **describe(ciphertext.parts)}


def _switching(b):
    top = b.parameters.top
    for kind, step, level in ((keys.RELINEARIZE, 0, top), (keys.RELINEARIZE, 0, 1), (keys.GALOIS, 3, top), (keys.GALOIS, "conjugate", 1),
                              (keys.GALOIS_RELINEARIZE, -2, top)):
        key = b.key(kind, step, level)
        yield {"op": "switching_key", "ring": b.name, "kind": kind, "step": step, "level": level, **describe(key.b + key.a)}


def cases():
    for name in RINGS:
        b = bench(name)
        p = b.parameters
        yield {"op": "secret_key", "ring": name, **describe([b.rounded(b.secret, p.basis(p.top))])}
        public = keys.public_key(p, b.secret, seed_of("public"), b.errors("public"))
        yield {"op": "public_key", "ring": name, **describe(public)}
        yield from _public(b, public)
        yield from _symmetric(b)
        yield from _switching(b)
    for name in ("wide", "long"):
        b = bench(name)
        to_sparse, to_dense = b.encapsulation(b.parameters.top)
        yield {"op": "encapsulation_keys", "ring": name, "level": b.parameters.top,
               **describe(to_sparse.b + to_sparse.a + to_dense.b + to_dense.a)}
