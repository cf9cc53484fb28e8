"""Key streams and samplers (src/fhe/random, src/fhe/ring/sample.hpp)."""

import hashlib
import struct

from cases.setting import RINGS, bench
from scheme import stream as streams
from scheme.ring import describe, uniform_poly
from scheme.stream import Stream, derive_seed, seed_of


def _bytes(data):
    return {"sha256": hashlib.sha256(data).hexdigest(), "first": [str(w) for w in struct.unpack("<2Q", data[:16])]}


def _small(numbers):
    return _bytes(struct.pack(f"<{len(numbers)}b", *numbers))


def cases():
    for domain in range(1, 7):
        for index, count in ((0, 200), (2**40 + domain, 64)):
            yield {"op": "stream", "domain": domain, "index": str(index), "count": count, **_bytes(Stream(seed_of("stream"), domain, index).bytes(count))}
    for index in (0, 1, 2**33):
        yield {"op": "derive_seed", "index": str(index), **_bytes(derive_seed(seed_of("stream"), index))}
    for count in (16, 1500):
        yield {"op": "ternary", "count": count, **_small(streams.ternary(Stream(seed_of("small"), streams.TEST, 1), count))}
        yield {"op": "centred_binomial", "count": count, **_small(streams.centred_binomial(Stream(seed_of("small"), streams.TEST, 2), count))}
    for count, weight in ((64, 32), (256, 32), (2048, 32)):
        sparse = streams.sparse_ternary(Stream(seed_of("small"), streams.TEST, 3), count, weight)
        yield {"op": "sparse_ternary", "count": count, "weight": weight, **_small(sparse)}
    for name in RINGS:
        p = bench(name).parameters
        for index in (0, 7):
            yield {"op": "uniform", "ring": name, "level": p.top, "index": index,
                   **describe([uniform_poly(p.log_n, p.basis(p.top), seed_of("uniform"), index)])}
        yield {"op": "uniform", "ring": name, "level": 0, "index": 7, **describe([uniform_poly(p.log_n, p.basis(0), seed_of("uniform"), 7)])}
