#!/usr/bin/env python3
"""Holds every #include in src/, apps/ and bench/ against layers.txt, and layers.txt against the invariants of the design."""

import fnmatch
import re

import sources

# (rooms, what they may never reach, directly or through other rooms). Patterns as in a shell.
INVARIANTS = [
    ("apps/worker", ["fhe/secret", "plan/weights"]),
    ("compiler/*", ["fhe/ring", "fhe/ckks", "fhe/secret", "fhe/circuits", "fhe/boot"]),
    ("runtime/exec", ["artifact", "images", "deploy/*"]),
    ("deploy/client", ["deploy/net", "runtime/exec", "fhe/boot"]),
]

# (headers, paths that may include them, why everybody else may not).
HEADERS = [
    (r"\w*intrin\.h|arm_neon\.h|arm_sve\.h|cpuid\.h", r"src/fhe/kernels/", "intrinsics live only in fhe/kernels"),
    (r"nlohmann/.*", r"apps/|.*\.cpp$", "json stays out of the rooms' headers"),
    (r"fstream|filesystem|sys/socket\.h|sys/mman\.h|fcntl\.h", r"(?!src/runtime/exec/)", "runtime/exec knows no files and no network"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.M)
THROW = re.compile(r"\bthrow\b")


def read_layers(text):
    """(room -> rooms it lists, problems)."""
    rooms, problems = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        if ":" not in line:
            problems.append(f"layers.txt:{number}: no colon after the room's name")
            continue
        room, listed = line.split(":", 1)
        room = room.strip()
        if room in rooms:
            problems.append(f"layers.txt:{number}: {room} stands here twice")
        for other in listed.split():
            if other not in rooms:
                problems.append(f"layers.txt:{number}: {room} lists {other}, which is not a room above it")
        rooms[room] = listed.split()
    return rooms, problems


def reach(rooms, start):
    """Every room that `start` includes, directly or through others."""
    seen, todo = set(), list(rooms.get(start, []))
    while todo:
        room = todo.pop()
        if room not in seen:
            seen.add(room)
            todo += rooms.get(room, [])
    return seen


def check_invariants(rooms):
    problems = []
    for pattern, forbidden in INVARIANTS:
        for room in fnmatch.filter(rooms, pattern):
            for reached in sorted(reach(rooms, room)):
                if any(fnmatch.fnmatch(reached, f) for f in forbidden):
                    problems.append(f"layers.txt: {room} reaches {reached}, which the design forbids")
    return problems


def room_of(rooms, path):
    """The room whose folder holds `path` (without `src/`), or None."""
    parts = path.split("/")
    for length in range(len(parts) - 1, 0, -1):
        if "/".join(parts[:length]) in rooms:
            return "/".join(parts[:length])
    return None


def check_include(rooms, room, names, quoted, header):
    """What is wrong with `room` including `header`, or None. `names`: first parts of all rooms' names."""
    target = room_of(rooms, header)
    if target is None:
        if quoted or header.split("/")[0] in names:
            return f'"{header}" is in no room; name headers by their path below src/'
        return None
    if target != room and target not in rooms[room]:
        return f'"{header}": layers.txt does not let {room} include {target}'
    return None


def check_file(rooms, path, text):
    names = {name.split("/")[0] for name in rooms} - {"base", "images", "artifact"}
    room = room_of(rooms, path[4:] if path.startswith("src/") else path)
    if room is None:
        return [f"{path}: in no room of layers.txt"]
    problems = []
    plain = sources.without_comments(text)
    for match in INCLUDE.finditer(plain):
        where = f"{path}:{sources.line_of(plain, match.start())}"
        mark, header = match.groups()
        wrong = check_include(rooms, room, names, mark == '"', header)
        if wrong:
            problems.append(f"{where}: {wrong}")
        for pattern, allowed, why in HEADERS:
            if re.fullmatch(pattern, header) and not re.match(allowed, path):
                problems.append(f"{where}: <{header}>: {why}")
    if path.startswith("src/"):
        bare = sources.without_literals(text)
        for match in THROW.finditer(bare):
            problems.append(f"{path}:{sources.line_of(bare, match.start())}: `throw` in src/; return a base::Result")
    return problems


def check(root):
    rooms, problems = read_layers(sources.read(root, "layers.txt"))
    problems += check_invariants(rooms)
    for path in sources.project_files(root):
        if path.startswith(("src/", "apps/", "bench/")) and path.endswith(sources.CPP):
            problems += check_file(rooms, path, sources.read(root, path))
    return problems


if __name__ == "__main__":
    sources.main(check, __doc__)
