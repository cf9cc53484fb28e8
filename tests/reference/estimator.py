#!/usr/bin/env python3
"""Estimates how hard it is to find a secret key, by attacks and costs written from the papers that estimate/ cites.

usage: estimator.py --check [--quick]
       estimator.py LOG_N LOG_Q [--weight H] [--sigma SD]

--check holds every cap of the engine, every chain with a bootstrap, each key at its own modulus, and estimates that others
published, against what is promised, and fails where one falls short. --quick leaves out the slow ones of the published.
LOG_N LOG_Q estimates one instance: ring degree 2^LOG_N, modulus 2^LOG_Q, ternary secret, of Hamming weight H if that is given.
"""

import math
import sys

sys.dont_write_bytecode = True

from estimate import engine, published  # noqa: E402
from estimate.dual import dual  # noqa: E402
from estimate.hybrid import hybrid  # noqa: E402
from estimate.instance import Instance  # noqa: E402
from estimate.reduction import MODELS  # noqa: E402
from estimate.usvp import usvp  # noqa: E402

MATZOV, BDGL16 = MODELS["matzov"], MODELS["bdgl16"]
# SECURITY.md: the caps for 128 bits keep two bits in hand.
PROMISED = {128: 130, 192: 192, 256: 256}
PROMISED_SPARSE = 128
AGREEMENT = 2.0


class Report:
    """Lines of a table, and which of them fall short."""

    def __init__(self):
        self.short = []

    def line(self, what, numbers, is_good):
        text = f"{what:<56}" + "".join(f" {number:>9.2f}" if isinstance(number, float) else f" {number:>9}" for number in numbers)
        print(text + ("" if is_good else "   SHORT"), flush=True)
        if not is_good:
            self.short.append(what)


def dense(instance):
    """(uSVP, dual, uSVP, dual): MATZOV's costs, then BDGL16's."""
    return [attack(instance, model)[0] for model in (MATZOV, BDGL16) for attack in (usvp, dual)]


def check_published(report, quick):
    print("published estimates: uSVP, dual, as published, ours")
    for log_n, log_q, primal, other in published.DENSE:
        instance = Instance(1 << log_n, log_q, published.SIGMA)
        ours = usvp(instance, MATZOV)[0], dual(instance, MATZOV)[0]
        good = abs(ours[0] - primal) <= AGREEMENT and abs(ours[1] - other) <= AGREEMENT
        report.line(f"2^{log_n}, {log_q} bits", [primal, other, *ours], good)
    print("the same at 128 bits and BDGL16's cost: uSVP, ours")
    for log_n, log_q in published.BDGL16:
        ours = usvp(Instance(1 << log_n, log_q, published.SIGMA), BDGL16)[0]
        report.line(f"2^{log_n}, {log_q} bits", [128, ours], abs(ours - 128) <= AGREEMENT)
    print("sparse secrets: hybrid attack on one target, with rotations, as published, ours")
    for log_n, log_q, weight, one, all_of_them in published.SPARSE[:published.QUICK_SPARSE if quick else None]:
        instance = Instance(1 << log_n, log_q, published.SIGMA, weight)
        ours = [hybrid(instance, MATZOV, rotations)[0] for rotations in (False, True)]
        good = all(bound is None or bits <= bound + AGREEMENT for bits, bound in zip(ours, (one, all_of_them)))
        report.line(f"2^{log_n}, {log_q} bits, weight {weight}", [one, all_of_them if all_of_them else "-", *ours], good)


def check_caps(report):
    """A parameter set is at or below its cap, and a key for a lower level has a smaller modulus: more bits than at the cap."""
    print("caps: promised bits; MATZOV uSVP, dual; BDGL16 uSVP, dual")
    for security, row in engine.caps().items():
        for log_n, cap in row.items():
            bits = dense(Instance(1 << log_n, cap))
            report.line(f"{security} bits, 2^{log_n}, log2(QP) = {cap}", [PROMISED[security], *bits], min(bits) >= PROMISED[security])


def check_bootstraps(report):
    """Keys under the dense secret are modulo QP at most, the one under the sparse secret modulo q_0 p_0."""
    weight, most_bits, log_n = engine.sparse_limits()
    print("chains with a bootstrap: promised bits; MATZOV uSVP, dual; BDGL16 uSVP, dual")
    for name, parameters in engine.bootstrap_chains():
        log_qp = sum(math.log2(q) for q in parameters.q + parameters.p)
        cap = engine.caps()[128][log_n]
        bits = dense(Instance(parameters.n, log_qp))
        report.line(f"{name}, evaluation keys, {log_qp:.1f} bits", [PROMISED[128], *bits], min(bits) >= PROMISED[128] and log_qp <= cap)
        log_bottom = math.log2(parameters.q[0] * parameters.p[0])
        report.line(f"{name}, encapsulation key, {log_bottom:.1f} bits", ["below"], log_bottom <= most_bits)
    print("sparse secret at its largest modulus: promised bits; hybrid with rotations MATZOV, BDGL16; MATZOV uSVP, dual")
    instance = Instance(1 << log_n, most_bits, weight=weight)
    bits = [hybrid(instance, model, True)[0] for model in (MATZOV, BDGL16)] + [attack(instance, MATZOV)[0] for attack in (usvp, dual)]
    report.line(f"encapsulation key, 2^{log_n}, {most_bits:.0f} bits, weight {weight}", [PROMISED_SPARSE, *bits], min(bits) >= PROMISED_SPARSE)


def check(quick):
    report = Report()
    check_published(report, quick)
    check_caps(report)
    check_bootstraps(report)
    for what in report.short:
        print(f"falls short: {what}", file=sys.stderr)
    return 1 if report.short else 0


def option(arguments, name, default):
    return float(arguments[arguments.index(name) + 1]) if name in arguments else default


def estimate(arguments):
    log_n, log_q = int(arguments[0]), float(arguments[1])
    instance = Instance(1 << log_n, log_q, option(arguments, "--sigma", Instance.sigma), int(option(arguments, "--weight", 0)))
    for model in (MATZOV, BDGL16):
        print("{} uSVP {:.1f} bits (beta {}, d {})".format(model.name, *usvp(instance, model)))
        print("{} dual {:.1f} bits (beta {}, d {}, {} coordinates guessed)".format(model.name, *dual(instance, model)))
        for rotations in (False, True) if instance.weight else ():
            found = hybrid(instance, model, rotations)
            print("{} hybrid{} {:.1f} bits (beta {}, {} coordinates guessed)".format(model.name, " with rotations" if rotations else "", *found))
    return 0


def main(arguments):
    if "--check" in arguments:
        return check("--quick" in arguments)
    if len(arguments) < 2 or not arguments[0].isdigit():
        print(__doc__)
        return 2
    return estimate(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
