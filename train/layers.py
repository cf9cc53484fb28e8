"""What the networks here need beyond torch.nn."""

import math

import torch
from torch import nn

from ranged import Ranged


class Square(nn.Module):
    def forward(self, x):
        return x * x


class Residual(nn.Module):
    """after(body(x) + skip(x))"""

    def __init__(self, body, skip, after):
        super().__init__()
        self.body = body
        self.skip = skip
        self.after = after

    def forward(self, x):
        return self.after(self.body(x) + self.skip(x))


class Quadratic(nn.Module):
    """a x^2 + b x + c with one a, b and c per channel."""

    def __init__(self, a, b, c):
        super().__init__()
        for name, value in (("a", a), ("b", b), ("c", c)):
            self.register_buffer(name, value.detach().clone().view(1, -1, 1, 1))

    def forward(self, x):
        return x * x * self.a + x * self.b + self.c


class WithPenalty(torch.autograd.Function):
    """Passes `x` through and adds `penalty` to the loss, wherever in the network it arises."""

    @staticmethod
    def forward(ctx, x, penalty):
        ctx.save_for_backward(penalty)
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, torch.ones_like(ctx.saved_tensors[0])


class HermiteQuadratic(nn.Module):
    """ReLU's Hermite expansion up to degree 2, each basis function normalised per channel: AESPA (Park et al. 2022).

    With u the normalised input, the basis is h1 = u and h2 = (u^2 - 1) / sqrt 2. h1 is normalised already and the mean of
    h2 is 0, so only the spread of h2 is left to measure: 1 for a Gaussian u, more with heavy tails. The result is
    gain * (F1 h1 + F2 h2 / spread) + shift: a quadratic in u with a > 0 and b / (2 a) = 1.2533 * spread.

    DEVIATES: where the spread is above SPREAD_MAX, F1 shrinks with F2 / spread, so that b / (2 a) stays at 2. Squares of
    squares run away, so while training u is cut at +-limit, which grows from FIRST_LIMIT to LAST_LIMIT, and the part of
    every image beyond BOUND is penalised; a trained network needs no cut and has none. `pure` leaves the constant
    out and completes the square, so that the result is a * (u + b / (2 a))^2.
    """

    F1, F2 = 0.5, 1 / math.sqrt(4 * math.pi)
    SPREAD_MAX = 2 * 2 * F2 / (math.sqrt(2) * F1)
    BOUND, PENALTY = 4.0, 0.03
    FIRST_LIMIT, LAST_LIMIT, GROWS_FROM = 4.0, 16.0, 0.3

    def __init__(self, channels, pure=False):
        super().__init__()
        self.momentum = 0.1
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.log_gain = nn.Parameter(torch.zeros(channels))
        self.shift = None if pure else nn.Parameter(torch.zeros(channels))
        self.register_buffer("spread", torch.ones(channels))
        self.register_buffer("limit", torch.tensor(self.FIRST_LIMIT), persistent=False)

    def advance(self, progress):
        """To be called with the share of the training that is done."""
        grown = max(0.0, (progress - self.GROWS_FROM) / (1 - self.GROWS_FROM))
        self.limit.fill_(self.FIRST_LIMIT * (self.LAST_LIMIT / self.FIRST_LIMIT) ** grown)

    def coefficients(self, spread):
        """a, b, c of the quadratic in the normalised input."""
        a = self.log_gain.exp() * (self.F2 / math.sqrt(2)) / spread
        b = self.log_gain.exp() * self.F1 * (self.SPREAD_MAX / spread).clamp(max=1.0)
        return a, b, b * b / (4 * a) if self.shift is None else self.shift - a

    def _cut(self, u):
        inside = u.clamp(-self.limit, self.limit)
        if not torch.is_grad_enabled():
            return inside
        beyond = u - u.clamp(-self.BOUND, self.BOUND)
        per_image = beyond.float().square().sum((1, 2, 3)).add(1e-6).sqrt()
        return WithPenalty.apply(inside, self.PENALTY * per_image.mean())

    def forward(self, x):
        u = self.norm(x)
        spread = self.spread
        if self.training:
            u = self._cut(u)
            spread = ((u * u).var((0, 2, 3), unbiased=False).float() / 2 + 1e-5).sqrt()
            with torch.no_grad():
                self.spread.lerp_(spread, self.momentum)
        a, b, c = (value.to(u.dtype).view(1, -1, 1, 1) for value in self.coefficients(spread))
        return torch.addcmul(c, u, torch.addcmul(b, u, a))

    @torch.no_grad()
    def folded(self):
        """For use after training: mean and deviation of the input, and a, b, c in (input - mean) instead of u."""
        deviation = (self.norm.running_var + self.norm.eps).sqrt()
        a, b, c = self.coefficients(self.spread)
        return self.norm.running_mean, deviation, a / deviation**2, b / deviation, c


def conv(inputs, outputs, size=3, stride=1, groups=1):
    """A convolution that a normalisation follows."""
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out" if groups == 1 else "fan_in")
    return layer


def batch_norm(hermite, weight, bias):
    """A HermiteQuadratic's normalisation, followed by weight and bias."""
    norm = nn.BatchNorm2d(len(hermite.spread), eps=hermite.norm.eps).to(weight)
    norm.load_state_dict({**hermite.norm.state_dict(), "weight": weight, "bias": bias})
    return norm


@torch.no_grad()
def norm_and_activation(hermite):
    """The BatchNorm and the Square or Quadratic that equal a HermiteQuadratic."""
    a, b, c = hermite.coefficients(hermite.spread)
    if hermite.shift is None:
        return nn.Sequential(batch_norm(hermite, a.sqrt(), b / (2 * a.sqrt())), Square())
    return nn.Sequential(batch_norm(hermite, torch.ones_like(a), torch.zeros_like(a)), Quadratic(a, b, c))


@torch.no_grad()
def deploy(module):
    """Replaces every HermiteQuadratic and Ranged inside `module` by layers that ONNX has; what they compute stays.

    After a residual sum the normalisation goes into the quadratic, but for the mean, which the last normalisation of the
    body takes over: a BatchNorm behind the sum would scale the skip path too.
    """
    for name, child in list(module.named_children()):
        if isinstance(child, Ranged):
            setattr(module, name, child.activation)
        elif not isinstance(child, HermiteQuadratic):
            deploy(child)
        elif isinstance(module, Residual):
            mean, _, a, b, c = child.folded()
            module.body[-1].bias.sub_(mean)
            module.after = Quadratic(a, b, c)
        else:
            setattr(module, name, norm_and_activation(child))
    return module.eval()
