"""Trains a network and keeps the epoch that is best on the held-out images."""

import copy
import math
import time

import torch
import torch.nn.functional as F

from flat_sgd import FlatSgd
from layers import HermiteQuadratic

STATISTICS_IMAGES = 5000
PART = 500


class Recorded:
    """Runs `action`; on a GPU it is recorded at the fourth call and replayed from then on."""

    WARM_UP = 3

    def __init__(self, action, device):
        self.action = action
        self.on_gpu = device.type == "cuda"
        self.calls = 0
        self.graph = None

    def _warm_up(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            self.action()
        torch.cuda.current_stream().wait_stream(side)

    def __call__(self):
        self.calls += 1
        if not self.on_gpu:
            self.action()
        elif self.calls <= self.WARM_UP:
            self._warm_up()
        else:
            if self.graph is None:
                self.graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(self.graph):
                    self.action()
            self.graph.replay()


def schedule(step, steps, peak):
    """Linear warm-up over 5 % of the steps, then a cosine down to 0.2 % of the peak."""
    warm = max(1, steps // 20)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))))


@torch.no_grad()
def scores_of(model, pixels):
    return torch.cat([model(part) for part in pixels.split(PART)])


@torch.no_grad()
def measure_statistics(model, pixels):
    """Sets every running statistic to its plain mean over `pixels`; leaves the model in evaluation mode."""
    keepers = [m for m in model.modules() if hasattr(m, "momentum")]
    usual = [m.momentum for m in keepers]
    model.train()
    for count, part in enumerate(pixels.split(PART), 1):
        for m in keepers:
            m.momentum = 1.0 / count
        model(part)
    for m, momentum in zip(keepers, usual):
        m.momentum = momentum
    model.eval()


def distilled_loss(scores, labels, target, args):
    """Cross-entropy with the labels and, where there is a teacher, with its softened scores."""
    hard = F.cross_entropy(scores, labels, label_smoothing=args.smoothing if target is None else 0.0)
    if target is None:
        return hard
    soft = -(F.softmax(target / args.temperature, 1) * F.log_softmax(scores / args.temperature, 1)).sum(1).mean()
    return (1 - args.distill) * hard + args.distill * args.temperature**2 * soft


class Fit:
    """One training; `args` is described in recipe.py."""

    def __init__(self, model, teacher, data, augment, args):
        self.model, self.data, self.augment, self.args = model, data, augment, args
        self.device = data.train.pixels.device
        self.average = copy.deepcopy(model)
        self.optimizer = FlatSgd(model, self.average, args.weight_decay, args.clip, args.average_decay)
        self.forward = torch.compile(model) if args.compile else model
        self.teacher = torch.compile(teacher) if args.compile and teacher else teacher
        self.pixels = data.train.pixels[: args.batch].clone()
        self.labels = data.train.labels[: args.batch].clone()
        self.loss = torch.zeros((), device=self.device)
        self.steps_per_epoch = len(data.train) // args.batch
        self.step = Recorded(self._step, self.device)

    def _step(self):
        pixels = self.pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.bfloat16, cache_enabled=False):
            scores = self.forward(pixels).float()
            target = None
            if self.teacher is not None:
                with torch.no_grad():
                    target = self.teacher(pixels).float()
        loss = distilled_loss(scores, self.labels, target, self.args)
        loss.backward()
        self.optimizer.step()
        self.loss.copy_(loss.detach())

    def _epoch(self, epoch, generator):
        self.model.train()
        for m in (*self.model.modules(), *self.average.modules()):
            if isinstance(m, HermiteQuadratic):
                m.advance(epoch / self.args.epochs)
        pixels = torch.cat([self.augment(part) for part in self.data.train.pixels.split(5000)])
        order = torch.randperm(len(pixels), generator=generator, device=self.device)
        steps = self.args.epochs * self.steps_per_epoch
        for k, part in enumerate(order[: self.steps_per_epoch * self.args.batch].split(self.args.batch)):
            self.optimizer.rate.fill_(schedule(epoch * self.steps_per_epoch + k, steps, self.args.rate))
            self.pixels.copy_(pixels[part])
            self.labels.copy_(self.data.train.labels[part])
            self.step()

    def _held_out(self, sample):
        """Accuracy and negated cross-entropy of the averaged weights on the held-out images, and both in words."""
        measure_statistics(self.average, sample)
        scores = scores_of(self.average, self.data.held.pixels)
        right = (scores.argmax(1) == self.data.held.labels).float().mean().item()
        entropy = F.cross_entropy(scores, self.data.held.labels).item()
        return (right, -entropy), f"held out {right:.4f} (cross-entropy {entropy:.4f})"

    def run(self, generator, keep):
        """Calls `keep(model)` whenever an epoch is the best so far; returns the best model."""
        order = torch.randperm(len(self.data.train), generator=generator, device=self.device)
        sample = self.data.train.pixels[order[:STATISTICS_IMAGES]]
        best, best_key = None, (-1.0,)
        for epoch in range(self.args.epochs):
            start = time.time()
            self._epoch(epoch, generator)
            line = f"epoch {epoch + 1}/{self.args.epochs}: loss {self.loss.item():.4f}, {time.time() - start:.2f} s"
            if (epoch + 1) % self.args.check_every == 0 or epoch + 1 == self.args.epochs:
                key, words = self._held_out(sample)
                line += f", {words}, with the check {time.time() - start:.2f} s"
                if best is None or key > best_key:
                    best, best_key = copy.deepcopy(self.average), key
                    keep(best)
            print(line, flush=True)
        return best
