"""What every gate shares: which files belong to the project, and C++ text without comments and literals."""

import os
import re
import subprocess
import sys

CPP = (".cpp", ".hpp", ".h", ".cc", ".inc")

# One alternative per thing that is to be blanked; raw strings before ordinary ones.
_LITERAL = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=tag)"'
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'"
    r"|//(?:[^\n\\]|\\.|\\\n)*"
    r"|/\*(?:.|\n)*?\*/"
)


def project_files(root):
    """Paths relative to `root` that are tracked, or new and not ignored, and exist."""
    command = ["git", "-C", root, "-c", f"safe.directory={os.path.abspath(root)}", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    return sorted(path for path in set(listed.split("\0")) if path and os.path.isfile(os.path.join(root, path)))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_literals(text):
    """`text` with comments, strings and character literals replaced by blanks; line numbers stay."""
    return _LITERAL.sub(_blank, text)


def without_comments(text):
    """`text` with comments blanked and literals kept."""
    return _LITERAL.sub(lambda m: _blank(m) if m.group(0).startswith(("//", "/*")) else m.group(0), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def main(check, what):
    """Runs `check(root)` on the folder given, or on this repository, and exits 1 when it finds anything."""
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1].startswith("-")):
        print(f"usage: {os.path.basename(sys.argv[0])} [ROOT]\n\n{what}")
        sys.exit(0 if sys.argv[1] in ("-h", "--help") else 2)
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    problems = check(sys.argv[1] if len(sys.argv) == 2 else default)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
