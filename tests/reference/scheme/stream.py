"""ChaCha20 key streams (RFC 8439) and the samplers of docs/formats.md, "Uniform polynomials" and "Small polynomials"."""

import hashlib
import struct

UNIFORM, SECRET_KEY, ERROR, EPHEMERAL, DERIVED_SEED, TEST = 1, 2, 3, 4, 5, 6

_MASK = 0xFFFFFFFF


def _quarter_round(state, a, b, c, d):
    """RFC 8439, section 2.1."""
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[x] = (state[x] + state[y]) & _MASK
        mixed = state[z] ^ state[x]
        state[z] = ((mixed << turn) | (mixed >> (32 - turn))) & _MASK


def chacha20_block(key, counter, nonce):
    """RFC 8439, section 2.3: 64 bytes."""
    initial = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key)) + [counter] + list(struct.unpack("<3I", nonce))
    state = list(initial)
    for _ in range(10):
        for column in range(4):
            _quarter_round(state, column, 4 + column, 8 + column, 12 + column)
        for diagonal in range(4):
            _quarter_round(state, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4, 12 + (diagonal + 3) % 4)
    return struct.pack("<16I", *((a + b) & _MASK for a, b in zip(state, initial)))


class Stream:
    """The key stream of a seed under (domain, index), read from its beginning."""

    def __init__(self, seed, domain, index):
        self._key = seed
        self._nonce = struct.pack("<IQ", domain, index)
        self._counter = 0
        self._left = b""

    def bytes(self, count):
        parts, have = [self._left], len(self._left)
        while have < count:
            parts.append(chacha20_block(self._key, self._counter, self._nonce))
            self._counter += 1
            have += 64
        whole = b"".join(parts)
        self._left = whole[count:]
        return whole[:count]

    def word(self):
        """The next 64 bits, little-endian."""
        return struct.unpack("<Q", self.bytes(8))[0]

    def words(self, count):
        return list(struct.unpack(f"<{count}Q", self.bytes(8 * count)))


def seed_of(text):
    """A seed for test data: SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def derive_seed(parent, index):
    return Stream(parent, DERIVED_SEED, index).bytes(32)


def uniform(stream, count, q):
    """Residues modulo q: of each word as many low bits as q - 1 has; what is not below q is dropped."""
    mask, out = (1 << (q - 1).bit_length()) - 1, []
    while len(out) < count:
        candidate = stream.word() & mask
        if candidate < q:
            out.append(candidate)
    return out


def uniform_limb(seed, index, q, count):
    """The limb modulo q of uniform polynomial `index` of a seed: values in evaluation order."""
    return uniform(Stream(derive_seed(seed, index), UNIFORM, q), count, q)


def ternary(stream, count):
    """floor(3 w / 2^64) - 1 of each word w."""
    return [(3 * w >> 64) - 1 for w in stream.words(count)]


def centred_binomial(stream, count):
    """The ones among bits 0..20 of each word less those among bits 21..41."""
    ones = (1 << 21) - 1
    return [(w & ones).bit_count() - (w >> 21 & ones).bit_count() for w in stream.words(count)]


def sparse_ternary(stream, count, weight):
    """Words name places by their low bits and signs by their top bit (1: minus); places that are taken are dropped."""
    out = [0] * count
    while weight:
        word = stream.word()
        place = word % count
        if out[place] == 0:
            out[place] = -1 if word >> 63 else 1
            weight -= 1
    return out
