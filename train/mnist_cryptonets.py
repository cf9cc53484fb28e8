#!/usr/bin/python3
"""Trains the CryptoNets shape on MNIST and writes it as ONNX.

5x5 convolution with 5 maps, stride 2 (28x28 -> 13x13), square, dense 845 -> 100, square, dense 100 -> 10
(Dowlin et al., CryptoNets, ICML 2016). Squares make a network unstable, so gradients are clipped, inputs of the
squares are held down by a penalty, and a running average of the weights is what is kept. The epoch that is kept is
chosen on the last 5,000 training images; the test images are looked at once, at the end.
"""

import argparse
import copy
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import idx
from augment import Distortion
from export import check_onnx, write_onnx

HELD_OUT = 5000
SQUARE_BOUND = 2.0


class CryptoNet(nn.Module):
    """The encrypted network. `padding=1` with stride 2 never reads the padding below and right: 13x13 outputs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 5, 5, stride=2, padding=1)
        self.hidden = nn.Linear(845, 100)
        self.scores = nn.Linear(100, 10)
        nn.init.normal_(self.hidden.weight, std=0.03)
        nn.init.normal_(self.scores.weight, std=0.1)

    def squares(self, x):
        """Inputs of the two squares, and the scores."""
        a = self.conv(x)
        # A 13x13 convolution is the same dense layer, and several times faster on a CPU than this torch's matmul.
        b = F.conv2d(a * a, self.hidden.weight.view(100, 5, 13, 13), self.hidden.bias).flatten(1)
        return a, b, self.scores(b * b)

    def forward(self, x):
        a = self.conv(x)
        b = self.hidden((a * a).flatten(1))
        return self.scores(b * b)


class Teacher(nn.Module):
    """An ordinary ReLU network, trained by the same recipe, whose scores the small network learns to follow."""

    def __init__(self):
        super().__init__()
        widths = [(1, 24, 1), (24, 32, 2), (32, 48, 1), (48, 64, 2), (64, 96, 2)]
        blocks = []
        for before, after, stride in widths:
            blocks += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.body = nn.Sequential(*blocks)
        self.head = nn.Conv2d(96, 10, 4)

    def forward(self, x):
        return self.head(F.dropout(self.body(x), 0.2, self.training)).flatten(1)


class Average:
    """Exponential running average of a model's weights and buffers."""

    def __init__(self, model, decay):
        self.model = copy.deepcopy(model).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, model, step):
        decay = min(self.decay, (1 + step) / (10 + step))
        for mine, new in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(new, 1 - decay)
            else:
                mine.copy_(new)


@torch.no_grad()
def scores_of(model, images):
    return torch.cat([model(part) for part in images.split(500)])


def accuracy(model, images, labels):
    return (scores_of(model, images).argmax(1) == labels).float().mean().item()


def schedule(step, steps, peak):
    """Linear warm-up over 2 % of the steps, then a cosine down to 0.2 % of the peak."""
    warm = max(1, steps // 50)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))))


def fit(name, model, loss_of, data, epochs, peak, args):
    """Trains `model`; returns the averaged weights of the epoch that is best on the held-out images."""
    images, labels, held_images, held_labels = data
    generator = torch.Generator().manual_seed(args.seed)
    distort = Distortion(generator)
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=args.weight_decay)
    average = Average(model, 0.999)
    steps_per_epoch = len(images) // args.batch
    best, best_key, step = None, (-1.0, 0.0), 0
    for epoch in range(epochs):
        start = time.time()
        model.train()
        order = torch.randperm(len(images), generator=generator)
        for part in order[: steps_per_epoch * args.batch].split(args.batch):
            for group in optimizer.param_groups:
                group["lr"] = schedule(step, epochs * steps_per_epoch, peak)
            loss = loss_of(model, distort(images[part]), labels[part])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            average.update(model, step)
            step += 1
        held = scores_of(average.model, held_images)
        key = ((held.argmax(1) == held_labels).float().mean().item(), -F.cross_entropy(held, held_labels).item())
        print(f"{name} epoch {epoch + 1}/{epochs}: loss {loss.item():.4f}, held out {key[0]:.4f} "
              f"(cross-entropy {-key[1]:.4f}), {time.time() - start:.0f} s", flush=True)
        if key > best_key:
            best, best_key = copy.deepcopy(average.model), key
    return best


def teacher_loss(model, images, labels):
    return F.cross_entropy(model(images), labels)


def student_loss(teacher, args):
    """Cross-entropy with the labels and with the teacher's softened scores, and the penalty on large squares."""

    def loss(model, images, labels):
        a, b, scores = model.squares(images)
        result = F.cross_entropy(scores, labels)
        if teacher is not None:
            with torch.no_grad():
                target = F.softmax(teacher(images) / args.temperature, 1)
            soft = -(target * F.log_softmax(scores / args.temperature, 1)).sum(1).mean()
            result = (1 - args.distill) * result + args.distill * args.temperature**2 * soft
        over = F.relu(a.abs() - SQUARE_BOUND).square().mean() + F.relu(b.abs() - SQUARE_BOUND).square().mean()
        return result + args.penalty * over

    return loss


@torch.no_grad()
def balance(model, images):
    """Scales every map and hidden unit so that its square's input reaches SQUARE_BOUND on the training images.

    The scores do not change: the inverse squares go into the next layer's weights.
    """
    top = torch.zeros(5)
    for part in images.split(500):
        top = torch.maximum(top, model.conv(part).abs().amax((0, 2, 3)))
    factor = SQUARE_BOUND / top
    model.conv.weight.mul_(factor.view(5, 1, 1, 1))
    model.conv.bias.mul_(factor)
    model.hidden.weight.view(100, 5, 169).div_(factor.square().view(1, 5, 1))
    top = torch.zeros(100)
    for part in images.split(500):
        top = torch.maximum(top, model.squares(part)[1].abs().amax(0))
    factor = SQUARE_BOUND / top
    model.hidden.weight.mul_(factor.view(100, 1))
    model.hidden.bias.mul_(factor)
    model.scores.weight.div_(factor.square().view(1, 100))


@torch.no_grad()
def centre(model):
    """Takes the mean of the ten scores out of each: margins and probabilities stay, the range of the scores shrinks."""
    model.scores.weight.sub_(model.scores.weight.mean(0, keepdim=True))
    model.scores.bias.sub_(model.scores.bias.mean())


@torch.no_grad()
def report(model, images, labels, name):
    """Prints accuracy, the range of every intermediate and how the margins compare with the range of the scores."""
    a, b, scores = (torch.cat(x) for x in zip(*(model.squares(part) for part in images.split(500))))
    right = (scores.argmax(1) == labels).sum().item()
    print(f"{name}: {right} of {len(labels)} correct ({100 * right / len(labels):.2f} %)")
    for what, value in (("convolution", a), ("dense 100", b), ("scores", scores)):
        print(f"  {what}: {value.min().item():.4f} to {value.max().item():.4f}, "
              f"root mean square {value.square().mean().sqrt().item():.4f}")
    two = scores.topk(2, 1).values
    margin = (two[:, 0] - two[:, 1]).numpy()
    span = scores.abs().max().item()
    print("  margin quantiles 0.1 %, 1 %, 5 %, 50 %:", np.round(np.quantile(margin, [0.001, 0.01, 0.05, 0.5]), 4))
    for bits in (8, 10, 12):
        few = int((margin < 2 * span * 2.0**-bits).sum())
        print(f"  images whose margin is below twice 2^-{bits} of the largest score ({span:.2f}): {few}")


def as_tensor(images):
    return torch.from_numpy(images.astype(np.float32) / 255.0).unsqueeze(1)


def parse_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="folder with MNIST's four idx files, gzipped or plain")
    parser.add_argument("--out", default=os.path.join(here, "..", "models", "mnist_cryptonets"))
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--teacher-epochs", type=int, default=8, help="0: learn from the labels only")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=1e-3)
    parser.add_argument("--distill", type=float, default=0.7)
    parser.add_argument("--temperature", type=float, default=3.0)
    parser.add_argument("--penalty", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main():
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    start = time.time()
    images, labels = (torch.as_tensor(np.array(x)) for x in idx.read_split(args.data, "train"))
    images, labels = as_tensor(images.numpy()), labels.long()
    data = (images[:-HELD_OUT], labels[:-HELD_OUT], images[-HELD_OUT:], labels[-HELD_OUT:])

    teacher = None
    if args.teacher_epochs > 0:
        teacher = fit("teacher", Teacher(), teacher_loss, data, args.teacher_epochs, 3e-3, args).eval()
    model = fit("cryptonet", CryptoNet(), student_loss(teacher, args), data, args.epochs, args.rate, args)
    balance(model, images)
    centre(model)

    test_images, test_labels = idx.read_split(args.data, "t10k")
    test = as_tensor(test_images), torch.from_numpy(test_labels.astype(np.int64))
    if teacher is not None:
        print(f"teacher: {100 * accuracy(teacher, *test):.2f} % of the test images")
    report(model, images, labels, "training set")
    report(model, *test, "test set")
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "model.onnx")
    write_onnx(model, path)
    right = check_onnx(path, test_images, test_labels)
    print(f"{os.path.basename(path)}: {right} of {len(test_labels)} test images by the ONNX file's own weights, in numpy")
    print(f"{time.time() - start:.0f} s, seed {args.seed}, torch {torch.__version__}, {args.threads} thread(s)")


if __name__ == "__main__":
    main()
