"""Linear transforms (src/fhe/circuits/linear_transform.hpp): which sums are divided by P, and when, decides every last bit.

A transform is a list of giant steps (g, [(input, baby step, diagonal)]): the sum over g of rot_g of the sum of diagonal * rot_baby(input)."""

from scheme import evaluator
from scheme.keys import GALOIS, GALOIS_RELINEARIZE, RELINEARIZE, Ciphertext
from scheme.parameters import prime_scale


def rotate_extended(parameters, a, g, key):
    """P times the rotated ciphertext, modulo Q_l P and not divided (Bossuat et al., EUROCRYPT 2021, section 4)."""
    lifted = [evaluator.lift_times_p(parameters, part) for part in a.parts]
    if g == 1:
        return lifted
    halves = evaluator.inner_product(evaluator.decompose(parameters, a.c1), key)
    return [(halves[0] + lifted[0]).automorphism(g), halves[1].automorphism(g)]


def _product(rotated, diagonal):
    """Of a pair with a clear diagonal [w] or an encrypted one [w0, w1]: two parts, or three."""
    r0, r1 = rotated
    if len(diagonal) == 1:
        return [r0 * diagonal[0], r1 * diagonal[0]]
    return [r0 * diagonal[0], r0 * diagonal[1] + r1 * diagonal[0], r1 * diagonal[1]]


def _sum(lists):
    total = lists[0]
    for parts in lists[1:]:
        total = [a + b for a, b in zip(total, parts)]
    return total


class Transform:
    """`keys(kind, step)` gives switching keys; `extended`: diagonals are modulo Q_l P, and baby rotations are not divided."""

    def __init__(self, parameters, keys, galois, extended):
        self.parameters, self.keys, self.galois, self.extended = parameters, keys, galois, extended

    def sums(self, steps, inputs, diagonals):
        """Per giant step the sum of its products: modulo Q_l, or P times it modulo Q_l P."""
        return [_sum([_product(self._rotated(inputs[i], baby), diagonals[d]) for i, baby, d in terms]) for _, terms in steps]

    def _rotated(self, a, baby):
        g = self.galois(baby)
        key = self.keys(GALOIS, baby) if g != 1 else None
        if self.extended:
            return rotate_extended(self.parameters, a, g, key)
        return a.parts if g == 1 else evaluator.apply_galois(self.parameters, a, g, key).parts

    def _divided(self, part):
        return evaluator.mod_down(self.parameters, part) if self.extended else part

    def _lifted(self, part):
        return part if self.extended else evaluator.lift_times_p(self.parameters, part)

    def _switched(self, part, kind, step):
        return evaluator.inner_product(evaluator.decompose(self.parameters, self._divided(part)), self.keys(kind, step))

    def step(self, giant, parts):
        """rot_giant of a sum, modulo Q_l P and P times it: what the secret does not open is divided and switched, the rest is lifted."""
        g = self.galois(giant)
        if g == 1:
            lifted = [self._lifted(part) for part in parts[:2]]
            return lifted if len(parts) == 2 else _sum([lifted, self._switched(parts[2], RELINEARIZE, 0)])
        halves = self._switched(parts[1], GALOIS, giant)
        if len(parts) == 3:
            halves = _sum([halves, self._switched(parts[2], GALOIS_RELINEARIZE, giant)])
        return [(halves[0] + self._lifted(parts[0])).automorphism(g), halves[1].automorphism(g)]

    def finish(self, steps, inputs, diagonals, level, scale, rescales):
        """The sum of all giant steps, divided once; without anything to switch there is nothing to divide by P."""
        sums = self.sums(steps, inputs, diagonals)
        if not self.extended and len(sums[0]) == 2 and all(self.galois(giant) == 1 for giant, _ in steps):
            result = Ciphertext(*_sum(sums), level, scale)
            return evaluator.rescale(self.parameters, result) if rescales else result
        total = _sum([self.step(giant, parts) for (giant, _), parts in zip(steps, sums)])
        return self.divided(total, level, scale, rescales)

    def divided(self, total, level, scale, rescales):
        halves = [evaluator.mod_down(self.parameters, half, rescales) for half in total]
        return Ciphertext(*halves, level - rescales, scale / prime_scale(level) if rescales else scale)

    def horner(self, steps, inputs, diagonals, level, scale, rescales):
        """y_i = rot_(g_i)(y_(i-1) + the terms of step i), of clear extended diagonals; the last y_i."""
        total = None
        for (giant, _), parts in zip(steps, self.sums(steps, inputs, diagonals)):
            total = parts if total is None else _sum([total, parts])
            total = self.step(giant, total)
        return self.divided(total, level, scale, rescales)


def sum_rotations(parameters, a, steps, keys, galois):
    """Of rotations that stay modulo Q_l P until they are summed."""
    total = _sum([rotate_extended(parameters, a, galois(step), keys(GALOIS, step) if galois(step) != 1 else None) for step in steps])
    return Ciphertext(*(evaluator.mod_down(parameters, half) for half in total), a.level, a.scale)
