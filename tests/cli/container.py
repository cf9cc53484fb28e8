"""Files of ours as docs/formats.md describes them, read without our code; also what an interrupted writer left of one."""

import struct
from typing import NamedTuple

SECRET_KEY, PUBLIC_KEY, EVALUATION_KEYS, SEALED_MODEL, SEALED_STAGE = 5, 6, 7, 8, 11
_HEADER_BYTES, _SIGNATURE_BYTES = 128, 128


class Container(NamedTuple):
    kind: int
    sections: dict  # id -> bytes: those that are there to the end


def read(path):
    """The Container, or None where not even its table is whole."""
    data = path.read_bytes()
    if len(data) < _HEADER_BYTES or data[:8] != b"OBSCURA\0":
        return None
    kind, flags = struct.unpack_from("<HI", data, 10)
    (table_bytes,) = struct.unpack_from("<Q", data, 56)
    table = _HEADER_BYTES + (_SIGNATURE_BYTES if flags & 2 else 0)
    if len(data) < table + table_bytes:
        return None
    (count,) = struct.unpack_from("<I", data, table)
    sections = {}
    for i in range(count):
        number, _, offset, length = struct.unpack_from("<IIQQ", data, table + 8 + 56 * i)
        if offset + length <= len(data):
            sections[number] = data[offset:offset + length]
    return Container(kind, sections)
