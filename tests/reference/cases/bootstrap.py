"""Bootstraps (src/fhe/boot), phase by phase and as a whole."""

from cases.setting import CHAINS, FRESH, bench
from scheme.bootstrap import Q_0, Bootstrap, Literal
from scheme.parameters import Scale
from scheme.ring import describe

RINGS = {"bootstrap": CHAINS["bootstrap"]}
LITERALS = {
    # Half of the slots, so that there is a trace; fewer baby steps than offsets.
    "complex": Literal(4, False, (2, 2), (2, 2), 3, 4, 15, 14, 3),
    # All slots, matrices of different sizes, in one giant step where they are small.
    "real": Literal(5, True, (2, 3), (4, 1), 8, 6, 15, 14, 3),
}
LOG2_RANGE = 1
OUTPUT = Scale(21)


def _fields(literal):
    return {name: list(value) if isinstance(value, tuple) else value for name, value in literal._asdict().items()}


def _phases(b, boot):
    top = b.parameters.top
    output = OUTPUT * Scale(LOG2_RANGE)
    yield "slots_to_coeffs", [boot.slots_to_coeffs(b.ciphertext(0, boot.input_level), FRESH * Scale(LOG2_RANGE))]
    yield "mod_raise", [boot.mod_raise(b.ciphertext(1, 0))]
    yield "coeffs_to_slots", [boot.coeffs_to_slots(b.ciphertext(2, top, Q_0))]
    yield "eval_mod", [boot.eval_mod(b.ciphertext(3, boot.eval_mod_level, boot.eval_mod_input_scale()), output)]
    above = boot.input_level + 1
    yield "bootstrap", [boot.bootstrap(b.ciphertext(4, above), OUTPUT, LOG2_RANGE)]
    if not boot.literal.real:
        yield "bootstrap_pair", boot.bootstrap_pair(b.ciphertext(5, above), b.ciphertext(6, above), OUTPUT, LOG2_RANGE)


def cases():
    b = bench("bootstrap")
    top = b.parameters.top
    for literal in LITERALS.values():
        boot = Bootstrap(b.parameters, literal, lambda kind, step: b.key(kind, step, top), b.galois, b.encapsulation(top))
        for op, results in _phases(b, boot):
            yield {"op": op, "ring": "bootstrap", **_fields(literal), **describe([part for each in results for part in each.parts])}
