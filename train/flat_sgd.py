"""Stochastic gradient descent over all weights of a network as one vector."""

import torch


def spread_over(tensors, flat, field):
    """Makes `field` (data or grad) of every tensor a view of its part of `flat`."""
    start = 0
    for tensor in tensors:
        setattr(tensor, field, flat[start : start + tensor.numel()].view(tensor.shape))
        start += tensor.numel()


class FlatSgd:
    """Nesterov momentum, weight decay on matrices and kernels only, gradients clipped by norm, a running average of the weights.

    After construction the weights of `model` and `average` are views of two vectors, so a step is a dozen operations
    whatever the depth, all on the device: a step can be recorded.
    """

    MOMENTUM = 0.9

    def __init__(self, model, average, weight_decay, clip, average_decay):
        parameters = list(model.parameters())
        self.weights = torch.cat([p.detach().reshape(-1) for p in parameters])
        self.average = self.weights.clone()
        self.gradient = torch.zeros_like(self.weights)
        self.momentum = torch.zeros_like(self.weights)
        self.decay = torch.cat([torch.full_like(p.detach().reshape(-1), weight_decay if p.dim() > 1 else 0.0)
                                for p in parameters])
        self.rate = torch.zeros((), device=self.weights.device)
        self.clip = clip
        self.average_decay = average_decay
        spread_over(parameters, self.weights, "data")
        spread_over(parameters, self.gradient, "grad")
        spread_over(list(average.parameters()), self.average, "data")

    @torch.no_grad()
    def step(self):
        self.gradient.mul_((self.clip / (self.gradient.norm() + 1e-6)).clamp(max=1.0))
        self.gradient.addcmul_(self.decay, self.weights)
        self.momentum.mul_(self.MOMENTUM).add_(self.gradient)
        self.gradient.add_(self.momentum, alpha=self.MOMENTUM)
        self.weights.sub_(self.gradient * self.rate)
        self.average.lerp_(self.weights, 1 - self.average_decay)
        self.gradient.zero_()
