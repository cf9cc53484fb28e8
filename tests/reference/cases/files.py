"""Bytes of files (docs/formats.md): a program and everything that is made for it."""

import hashlib
import struct

from cases.encryption import message
from cases.setting import FRESH, bench
from scheme import containers, keys, programs
from scheme.parameters import Parameters, Scale, prime_scale
from scheme.stream import seed_of

_REAL = [(13, [27, 27, 29, 29, 29, 29], [37], 128), (14, [50, 38, 38, 38, 38, 38], [50, 50], 128), (15, [50] + [40] * 10, [50, 50], 192),
         (16, [50] + [38] * 3 + [40] * 13 + [50] * 6 + [39, 23] + [50] * 4, [50] * 9, 128), (12, [26], [26], 256)]
RING = "wide"


def _bytes(data):
    return {"sha256": hashlib.sha256(data).hexdigest(), "first": [str(w) for w in struct.unpack("<2Q", data[:16])], "bytes": len(data)}


def _description(p):
    """A linear layer, a square, a rotation, what else an instruction can be, two results at different levels."""
    squared = FRESH * FRESH / prime_scale(p.top)
    small = squared * squared / prime_scale(p.top - 1)
    packing = [i if i < 12 else -1 for i in range(p.n)]
    instructions = [
        (3, FRESH, 0, struct.pack("<BI", programs.INPUT, 0)),
        (2, squared, 0, programs.linear([0], [(0, [(0, 1, 0)]), (2, [(0, 0, 1)])], extended=True, rescale=True)),
        (2, squared, 0, struct.pack("<BII", programs.ADD_BIAS, 1, 2)),
        (1, small, 1, struct.pack("<BI", programs.SQUARE, 2)),
        (1, small, 1, struct.pack("<BIi", programs.ROTATE, 3, 3)),
        (1, small, 1, struct.pack("<BI", programs.CONJUGATE, 4)),
        (1, small, 1, struct.pack("<BIB", programs.MULTIPLY_BY_I, 5, 3)),
        (1, small, 1, struct.pack("<BII", programs.ADD, 3, 6)),
        (0, Scale(25), 1, struct.pack("<BI", programs.CHANGE_SCALE, 7)),
    ]
    return {
        "input": {"channels": 1, "height": 3, "width": 4, "scale": 1 / 255, "mean": [0.5], "std": [0.25], "flags": 2, "minimum": -2.0, "maximum": 2.0,
                  "ciphertexts": 1, "packing": packing},
        "stages": [("conv1", "Conv"), ("gate", "Mul")],
        "weights": [(3, FRESH, 1), (3, FRESH, 1), (2, squared, 0)],
        "instructions": instructions,
        "results": [7, 8],
        "outputs": [("scores", 2.0, 0, [(0, 0), (0, 2), (1, 5)])],
        "key_needs": [(0, 0, 3), (1, 1, 3), (1, 2, 3), (1, 3, 1), (2, 0, 1), (3, 2, 3)],
        "error": (0.001, 0.006, 12.0),
        "cost": (1.5, 1000, 2000, 3000),
    }


_KINDS = {0: keys.RELINEARIZE, 1: keys.GALOIS, 2: keys.GALOIS, 3: keys.GALOIS_RELINEARIZE}


def _weights(b, description):
    """Encrypted under the secret key: weight i is number i of the seed `sealed`, its errors the stream `sealed`."""
    errors = b.errors("sealed")
    for i, (level, scale, extended) in enumerate(description["weights"]):
        yield keys.encrypt_symmetric(b.parameters, b.secret, message(b, level, extended, 70 + i), level, scale, seed_of("sealed"), i, errors)


def _files(b):
    p, description = b.parameters, _description(b.parameters)
    program = programs.program(p, description)
    plan = containers.sha256(program)
    public = keys.public_key(p, b.secret, seed_of("public"), b.errors("public"))
    key = containers.key_digest(seed_of("public"), public[0])
    yield {"op": "program", "hex": program.hex(), **_bytes(program)}
    yield {"op": "plan_digest", **_bytes(plan)}
    form = programs.request_form(p, description["input"], 3, FRESH)
    yield {"op": "request_form", **_bytes(form)}
    yield {"op": "key_digest", **_bytes(key)}
    yield {"op": "public_key_file", **_bytes(containers.public_key_file(p, form, plan, seed_of("public"), public[0]))}
    entries = [(kind, step, level, b.key(_KINDS[kind], "conjugate" if kind == 2 else step, level)) for kind, step, level in description["key_needs"]]
    yield {"op": "evaluation_keys_file", **_bytes(containers.evaluation_keys_file(p, plan, key, entries))}
    yield {"op": "secret_key_file", **_bytes(containers.secret_key_file(p, program, key, containers.sha256(b"spec"), seed_of("secret"), ["cat", "dög"]))}
    request = containers.ciphertext_file(containers.REQUEST, p, plan, key, bytes(32), [b.ciphertext(0, 3)])
    yield {"op": "request", **_bytes(request)}
    answers = [b.ciphertext(1, 1, description["instructions"][7][1]), b.ciphertext(2, 0, Scale(25))]
    yield {"op": "result", **_bytes(containers.ciphertext_file(containers.RESULT, p, plan, key, request[96:128], answers))}
    yield {"op": "result_of_images", **_bytes(containers.ciphertext_file(containers.RESULT, p, plan, key, request[96:128], answers, images=3))}
    weights = list(_weights(b, description))
    yield {"op": "sealed_model", **_bytes(containers.sealed_model_file(p, program, key, weights, seed_of("sealed"), seed_of("signer")))}


def cases():
    for log_n, q_bits, p_bits, security in _REAL:
        p = Parameters(log_n, q_bits, p_bits, security, insecure=False)
        yield {"op": "parameters", "log_n": log_n, "q_bits": q_bits, "p_bits": p_bits, "security": security, **_bytes(containers.parameter_bytes(p) + bytes(8))}
        primes = struct.pack(f"<{len(p.q + p.p)}Q", *p.q, *p.p)
        digits = struct.pack(f"<{2 * len(p.digits)}Q", *(x for digit in p.digits for x in digit))
        yield {"op": "primes_and_digits", "log_n": log_n, "q_bits": q_bits, "p_bits": p_bits, "security": security, **_bytes(primes + digits)}
    for name in ("narrow", "wide", "deep", "long"):
        b = bench(name)
        yield {"op": "packed", "ring": name, "level": b.parameters.top, **_bytes(containers.pack_poly(b.poly(0, b.parameters.top, special=1)))}
    for case in _files(bench(RING)):
        yield {**case, "ring": RING}
    for lengths in ([2560000], [0, 3], [2**20, 5120000, 64]):
        sections = [(10 + i, bytes((7 * k + i) % 256 for k in range(length))) for i, length in enumerate(lengths)]
        for signer in (None, seed_of("signer")):
            file = containers.container(containers.RESULT, bytes(range(32)), signer is None, sections, signer)
            yield {"op": "container", "lengths": lengths, "signed": signer is not None, **_bytes(file)}
