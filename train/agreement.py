"""The last epochs of a training for encryption: the network with polynomials shall answer as the network itself."""

import argparse

import torch
import torch.nn.functional as F

from fit import Fit, measure_statistics, scores_of
from ranged import Computing


def relative_distance(scores, others):
    """Mean over the images of the root mean square difference, in standard deviations of the scores."""
    deviation = scores.detach().std()
    return (others - scores).square().mean(1).add(1e-12).sqrt().mean() / deviation


class Agreement(Fit):
    """Every batch goes through the network twice, with activations and with polynomials: both learn, and to be close.

    They share the normalisation. After training its statistics are those with activations, which then are the same.
    """

    def __init__(self, model, data, augment, args):
        own = {"epochs": args.agree_epochs, "rate": args.agree_rate, "check_every": 1}
        super().__init__(model, None, data, augment, argparse.Namespace(**{**vars(args), **own}))

    def _step(self):
        pixels = self.pixels.contiguous(memory_format=torch.channels_last)
        with Computing("both", self.model):
            scores, others = self.model(torch.cat([pixels, pixels])).chunk(2)
        loss = F.cross_entropy(scores, self.labels) + F.cross_entropy(others, self.labels)
        loss = loss + self.args.agree_weight * relative_distance(scores, others)
        loss.backward()
        self.optimizer.step()
        self.loss.copy_(loss.detach())

    @torch.no_grad()
    def _held_out(self, sample):
        """Accuracy and the share of the held-out images with the same label by polynomials, added up; both in words."""
        measure_statistics(self.average, sample)
        held = self.data.held
        scores = scores_of(self.average, held.pixels)
        with Computing("polynomial", self.average):
            others = scores_of(self.average, held.pixels)
        same = (scores.argmax(1) == others.argmax(1)).float().mean().item()
        right = (scores.argmax(1) == held.labels).float().mean().item()
        distance = relative_distance(scores, others).item()
        return (same + right,), f"held out {right:.4f}, polynomials agree on {same:.4f} and are {distance:.4f} off"
