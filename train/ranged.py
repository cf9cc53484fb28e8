"""Activations whose inputs stay, thanks to training, in the short range where a polynomial of low degree stands for them."""

import torch
from torch import nn


class Penalised(torch.autograd.Function):
    """Passes `x` [n][channels][h][w] through and adds to the loss `weight` times the mean over images of |part beyond +-bound|.

    That is the Euclidean norm of what an image has beyond. x is divided by `unit`, a number or one per channel, before it is
    compared with the bound. One image in SEEN_ONE_IN stands for the batch: written out, the penalty takes little of a step's
    time.
    """

    SEEN_ONE_IN = 4

    @staticmethod
    def forward(ctx, x, unit, bound, weight):
        ctx.save_for_backward(x, unit)
        ctx.bound, ctx.weight = bound, weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        x, unit = ctx.saved_tensors
        seen = x[:: Penalised.SEEN_ONE_IN] / unit
        beyond = seen.sub_(seen.clamp(-ctx.bound, ctx.bound))
        norm = beyond.square().sum((1, 2, 3), keepdim=True).add_(1e-6).sqrt_()
        gradient = gradient.clone()
        gradient[:: Penalised.SEEN_ONE_IN] += beyond / norm / unit * (ctx.weight / len(seen))
        return gradient, None, None, None


EVEN_SHARE, EVEN_POINTS = 1e-5, 128


@torch.no_grad()
def least_squares(function, x, degree):
    """Coefficients [degree + 1][channels] of the polynomial in x that is nearest to `function` on x [n][channels][h][w].

    As the compiler's, per channel, with a small share of the weight spread evenly over the range.
    """
    scale = x.abs().amax((0, 2, 3)).clamp(min=1e-6)
    grid = torch.linspace(-1, 1, EVEN_POINTS, device=x.device).view(-1, 1, 1, 1).expand(-1, len(scale), 1, 1)

    def sums(u):
        y = function(u * scale.view(1, -1, 1, 1))
        power, moments, products = torch.ones_like(u), [], []
        for k in range(2 * degree + 1):
            moments.append(power.mean((0, 2, 3)).double())
            if k <= degree:
                products.append((power * y).mean((0, 2, 3)).double())
            power = power * u
        return torch.stack(moments), torch.stack(products)

    pairs = zip(sums(x / scale.view(1, -1, 1, 1)), sums(grid))
    moments, products = ((1 - EVEN_SHARE) * seen + EVEN_SHARE * even for seen, even in pairs)
    order = torch.arange(degree + 1, device=x.device)
    normal = moments[order[:, None] + order[None, :]].permute(2, 0, 1)
    in_unit = torch.linalg.solve(normal, products.t()).t()
    return (in_unit / scale.double() ** order[:, None]).float()


class Ranged(nn.Module):
    """An activation with a penalty, while training, on the part of every image's input beyond +-bound.

    With `in_deviations` the bound is in units of each channel's root mean square: for activations that are the same at every
    scale, such as LeakyReLU, only the shape of the distribution matters. `computes` says what stands for the activation:
    itself, as in the exported file; the least-squares polynomial of `degree` for the batch; or both, the one in the first
    half of the batch and the other in the second. While training, what polynomials read is cut at CUT bounds.
    """

    FITTED_ONE_IN, CUT = 4, 2.0

    def __init__(self, activation, degree, bound=2.75, penalty=0.05, in_deviations=False):
        super().__init__()
        self.activation = activation
        self.degree, self.bound, self.penalty, self.in_deviations = degree, bound, penalty, in_deviations
        self.computes = "activation"

    def _unit(self, x):
        """What the bound is a multiple of: 1, or the root mean square of each channel."""
        if not self.in_deviations:
            return torch.ones((), device=x.device)
        return x.detach().square().mean((0, 2, 3), keepdim=True).add(1e-6).sqrt()

    def _by_polynomial(self, x):
        coefficients = least_squares(self.activation, x.detach()[:: self.FITTED_ONE_IN], self.degree)
        if self.training:
            limit = self.CUT * self.bound * self._unit(x)
            x = torch.maximum(torch.minimum(x, limit), -limit)
        result = coefficients[-1].view(1, -1, 1, 1)
        for c in coefficients[:-1].flip(0):
            result = torch.addcmul(c.view(1, -1, 1, 1), result, x)
        return result

    def _by_activation(self, x):
        if self.training and torch.is_grad_enabled():
            x = Penalised.apply(x, self._unit(x), self.bound, self.penalty)
        return self.activation(x)

    def forward(self, x):
        if self.computes == "activation":
            return self._by_activation(x)
        if self.computes == "polynomial":
            return self._by_polynomial(x)
        first, second = x.chunk(2)
        return torch.cat([self._by_activation(first), self._by_polynomial(second)])


class Computing:
    """Within `with Computing(what, model):` every Ranged activation computes "polynomial" or "both"."""

    def __init__(self, what, model):
        self.what = what
        self.layers = [m for m in model.modules() if isinstance(m, Ranged)]

    def _set(self, what):
        for layer in self.layers:
            layer.computes = what

    def __enter__(self):
        self._set(self.what)

    def __exit__(self, *_):
        self._set("activation")
