"""Files as docs/formats.md draws them: header, signature block, section table, sections; packed polynomials."""

import hashlib
import struct

from scheme import ed25519

PUBLIC_KEY, EVALUATION_KEYS, SEALED_MODEL, REQUEST, RESULT, SECRET_KEY = 6, 7, 8, 9, 10, 5
CHUNK = 1 << 20


def sha256(data):
    return hashlib.sha256(data).digest()


def pack_limb(values, bits):
    """Value i in the bits [i*bits, (i+1)*bits), least significant first; ends on a byte."""
    whole = 0
    for value in reversed(values):
        whole = whole << bits | value
    return whole.to_bytes((len(values) * bits + 7) // 8, "little")


def pack_poly(poly):
    return b"".join(pack_limb(limb, q.bit_length()) for limb, q in zip(poly.limbs(), poly.primes))


def parameter_bytes(parameters):
    """The rows `log_n` to `p` of the program table."""
    head = struct.pack("<BHB", parameters.log_n, parameters.security, parameters.insecure)
    return head + b"".join(bytes([len(bits)] + bits) for bits in (parameters.q_bits, parameters.p_bits))


def scale_bytes(scale, width="h"):
    """In programs exponents have 16 bits, in files of ciphertexts 64."""
    return struct.pack(f"<{width}B{len(scale.exponents)}{width}", scale.two, len(scale.exponents), *scale.exponents)


def text_bytes(text):
    return struct.pack("<I", len(text.encode())) + text.encode()


def merkle(leaves):
    """RFC 6962, section 2.1, over leaf digests."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return sha256(b"\x01" + merkle(leaves[:split]) + merkle(leaves[split:]))


def container(kind, parameters, insecure, sections, signing_seed=None):
    """`sections`: (id, bytes) in file order."""
    leaves = [[sha256(b"\x00" + data[i:i + CHUNK]) for i in range(0, len(data), CHUNK)] for _, data in sections]
    chunk_digests = b"".join(b"".join(each) for each in leaves if len(each) > 1)
    table_bytes = 8 + 56 * len(sections) + len(chunk_digests)
    end = 128 + (128 if signing_seed else 0) + table_bytes
    table, offsets = struct.pack("<II", len(sections), 0), []
    for (number, data), digests in zip(sections, leaves):
        alignment = 4096 if len(data) >= CHUNK else 64
        offsets.append(-(-end // alignment) * alignment)
        table += struct.pack("<IIQQ", number, 0, offsets[-1], len(data)) + merkle(digests)
        end = offsets[-1] + len(data)
    table += chunk_digests
    flags = (1 if insecure else 0) | (2 if signing_seed else 0)
    header = b"OBSCURA\0" + struct.pack("<HHIQ", 1, kind, flags, end) + parameters + struct.pack("<Q", table_bytes) + bytes(32)
    header += sha256(header + table)
    file = header
    if signing_seed:
        context = b"obscura container v1"
        file += ed25519.public_key(signing_seed) + ed25519.sign(signing_seed, bytes([len(context)]) + context + header) + bytes(32)
    file += table
    for offset, (_, data) in zip(offsets, sections):
        file += bytes(offset - len(file)) + data
    return file


def place_bytes(ciphertext):
    """u8 level and the scale."""
    return struct.pack("<B", ciphertext.level) + scale_bytes(ciphertext.scale, "q")


def ciphertext_file(kind, parameters, plan, key, request, ciphertexts, images=0):
    """A request (kind 9, one level and scale for all) or a result (kind 10, one each)."""
    places = ciphertexts if kind == RESULT else ciphertexts[:1]
    info = plan + key + request + struct.pack("<I", len(ciphertexts)) + b"".join(place_bytes(c) for c in places)
    info += struct.pack("<I", images) if images else b""
    items = [(64 + i, pack_poly(c.c0) + pack_poly(c.c1)) for i, c in enumerate(ciphertexts)]
    return container(kind, sha256(parameter_bytes(parameters)), parameters.insecure, [(2, info)] + items)


def key_digest(seed, half):
    """Of the public key's seed and its packed half."""
    return sha256(seed + pack_poly(half))


def public_key_file(parameters, request_form, plan, seed, half):
    sections = [(1, request_form), (2, plan + key_digest(seed, half)), (4, seed), (64, pack_poly(half))]
    return container(PUBLIC_KEY, sha256(parameter_bytes(parameters)), parameters.insecure, sections)


def evaluation_keys_file(parameters, plan, key, entries):
    """`entries`: (kind, step, level, SwitchingKey) in the order of the program's key needs."""
    info = plan + key + struct.pack("<I", len(entries))
    info += b"".join(struct.pack("<BiB", kind, step, level) + switching.seed for kind, step, level, switching in entries)
    items = [(64 + i, b"".join(pack_poly(half) for half in entry[3].b)) for i, entry in enumerate(entries)]
    return container(EVALUATION_KEYS, sha256(parameter_bytes(parameters)), parameters.insecure, [(2, info)] + items)


def secret_key_file(parameters, program, key, fingerprint, secret_seed, labels):
    """Without a passphrase."""
    content = secret_seed + struct.pack("<I", len(labels)) + b"".join(text_bytes(label) for label in labels)
    sections = [(1, key + program), (2, bytes(64) + fingerprint), (3, content)]
    return container(SECRET_KEY, sha256(parameter_bytes(parameters)), parameters.insecure, sections)


def sealed_model_file(parameters, program, key, weights, seed, signing_seed):
    """Form 0: the c0 of each weight, and the seed of all c1."""
    items = [(64 + i, pack_poly(weight.c0)) for i, weight in enumerate(weights)]
    sections = [(1, program)] + items + [(2, key + b"\0"), (4, seed)]
    return container(SEALED_MODEL, sha256(parameter_bytes(parameters)), parameters.insecure, sections, signing_seed)
