#!/usr/bin/env python3
"""No source file over 600 lines, no function over 70, but for what exceptions.txt lists.

exceptions.txt holds lines `file PATH` and `function PATH NAME`; an entry that is no longer needed is an error, so the list
can only shrink. A function's lines are counted from its opening to its closing brace.
"""

import ast
import re

import sources

FILE_LINES = 600
FUNCTION_LINES = 70
FOLDERS = ("src/", "apps/", "tests/", "bench/", "examples/", "fuzz/", "scripts/", "train/", "cmake/", ".ci/")
EXCEPTIONS = "scripts/gates/exceptions.txt"

_TEMPLATE = re.compile(r"^\s*template\s*<")
_TYPE = re.compile(r"^\s*(?:(?:inline|static|constexpr|export|typedef|const)\s+|\[\[[^\]]*\]\]\s*)*"
                   r"(?:namespace|class|struct|union|enum|extern\s*$|extern\s+\"?)\b")
_MEMBER_INITIALISER = re.compile(r"\)[^;{}]*[^:]:[^:].*[\w>]\s*$|\)\s*:\s*[\w:<>]+\s*$", re.S)
_NAME = re.compile(r"([~\w:]+|operator\s*\S+)\s*\(")


def _drop_template(head):
    """`head` without a leading template<...>."""
    while True:
        match = _TEMPLATE.match(head)
        if not match:
            return head
        depth, k = 1, match.end()
        while k < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[k], 0)
            k += 1
        head = head[k:]


def _kind(head):
    """What a brace after `head` opens outside a function: 'type', 'function' or 'value'."""
    head = _drop_template(head)
    if _TYPE.match(head):
        return "type"
    if head.rstrip().endswith(("=", ",", "(", "return")) or ")" not in head:
        return "value"
    if _MEMBER_INITIALISER.search(head) and not re.search(r"->\s*[\w:<>,\s*&]+$", head):
        return "value"
    return "function"


def _blank_preprocessor(text):
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.M)


def cpp_functions(text):
    """(name, first line, lines) of every function of a C++ text."""
    text = _blank_preprocessor(sources.without_literals(text))
    found, stack, head, k = [], [], "", 0
    while k < len(text):
        symbol = text[k]
        if symbol == "{":
            kind = _kind(head) if not stack or stack[-1][0] == "type" else "inside"
            name = _NAME.search(_drop_template(head))
            stack.append((kind, sources.line_of(text, k), name.group(1) if name else "?", head))
            head = ""
        elif symbol == "}" and stack:
            kind, first, name, outer = stack.pop()
            if kind == "function":
                found.append((name, first, sources.line_of(text, k) - first + 1))
            head = outer + "{}" if kind == "value" else ""
        elif symbol == ";":
            head = ""
        else:
            head += symbol
        k += 1
    return found


def python_functions(text):
    nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return [(n.name, n.lineno, n.end_lineno - n.lineno + 1) for n in nodes]


def measure(path, text):
    """(exception line, sentence) for everything in one file that is too long."""
    long = []
    lines = text.count("\n")
    if lines > FILE_LINES:
        long.append((f"file {path}", f"{path}: {lines} lines, {FILE_LINES} are allowed"))
    functions = []
    if path.endswith(sources.CPP):
        functions = cpp_functions(text)
    elif path.endswith(".py"):
        functions = python_functions(text)
    for name, first, count in functions:
        if count > FUNCTION_LINES:
            long.append((f"function {path} {name}", f"{path}:{first}: {name} has {count} lines, {FUNCTION_LINES} are allowed"))
    return long


def check(root):
    listed = [line.split("#")[0].strip() for line in sources.read(root, EXCEPTIONS).splitlines()]
    unused = {line for line in listed if line}
    problems = []
    for path in sources.project_files(root):
        if path.startswith(FOLDERS):
            for exception, sentence in measure(path, sources.read(root, path)):
                if exception in listed:
                    unused.discard(exception)
                else:
                    problems.append(sentence)
    return problems + [f"{EXCEPTIONS}: `{line}` is no longer needed; take it out" for line in sorted(unused)]


if __name__ == "__main__":
    sources.main(check, __doc__)
