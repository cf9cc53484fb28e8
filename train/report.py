"""What a model card states of a trained network, printed as the rows of its tables."""

import os

import numpy as np
import torch
from torch import nn

from export import evaluate
from fit import scores_of
from layers import HermiteQuadratic, Quadratic, Residual, Square

ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.SiLU, Square, Quadratic)
NUMPY_IMAGES = 100
TOLERANCE = 1e-4


def accuracy_row(name, model, images):
    right = int((scores_of(model, images.pixels).argmax(1) == images.labels).sum())
    print(f"| {name} | {right:,} of {len(images):,} ({100 * right / len(images):.2f} %) |", flush=True)


@torch.no_grad()
def input_ranges(model, pixels):
    """Per activation in the order of evaluation: its name, and smallest, largest and root mean square input."""
    found = {}

    def watch(name):
        def hook(_, inputs):
            low, high, square, count = found.get(name, (np.inf, -np.inf, 0.0, 0))
            x = inputs[0].double()
            found[name] = (min(low, x.min().item()), max(high, x.max().item()), square + x.square().sum().item(),
                           count + x.numel())

        return hook

    watched = [(name, m) for name, m in model.named_modules() if isinstance(m, ACTIVATIONS)]
    handles = [m.register_forward_pre_hook(watch(name)) for name, m in watched]
    scores = scores_of(model, pixels)
    for handle in handles:
        handle.remove()
    kinds = {name: type(m).__name__ for name, m in watched}
    rows = [(f"`{name}` {kinds[name]}", low, high, (square / count) ** 0.5)
            for name, (low, high, square, count) in found.items()]
    return rows + [("scores", scores.min().item(), scores.max().item(), scores.square().mean().sqrt().item())]


def range_rows(model, held, test):
    for (name, *held_range), (_, *test_range) in zip(input_ranges(model, held), input_ranges(model, test)):
        cells = [f"{low:.2f} to {high:.2f} | {rms:.3f}" for low, high, rms in (held_range, test_range)]
        print(f"| {name} | {' | '.join(cells)} |")


@torch.no_grad()
def quadratic_rows(model):
    """For every HermiteQuadratic: smallest a, largest |b / (2 a)| of the normalised input, and of the input as exported."""
    for name, m in model.named_modules():
        if isinstance(m, HermiteQuadratic):
            a, b, _ = m.coefficients(m.spread)
            _, deviation, _, _, _ = m.folded()
            cut = int((m.spread >= m.SPREAD_MAX).sum())
            centre = b / (2 * a)
            print(f"| `{name}` | {a.min():.4f} to {a.max():.4f} | {centre.min():.3f} to {centre.max():.3f} | "
                  f"{deviation.min():.3f} to {deviation.max():.3f} | {cut} of {len(a)} |")


def skip_scales(model):
    """Per residual block a of its quadratic, and the factor alpha with which the input of its square must come.

    With z_k = (alpha_k (w_k + t_k))^2 for a_k (w_k + t_k)^2, an identity skip hands z_k to the next sum as it is when
    alpha_k = sqrt(a_k alpha_(k+1)); convolutions absorb any factor. So along a chain of identity skips every alpha
    follows from the last one's, sqrt(a); all exist because every a is positive.
    """
    after = None
    for name, m in reversed(list(model.named_modules())):
        if not isinstance(m, Residual) or not isinstance(m.after, Quadratic):
            continue
        a = m.after.a.flatten()
        alpha = (a if after is None else a * after).sqrt()
        print(f"| `{name}` | {a.min():.4f} to {a.max():.4f} | {alpha.min():.3f} to {alpha.max():.3f} |")
        after = alpha if isinstance(m.skip, nn.Identity) else None


def check_file(path, model, test):
    """The written file against torch: by a walk in numpy over a few images, and all of the test set where there is a runtime."""
    few = test.pixels[:NUMPY_IMAGES].cpu()
    expected = scores_of(model.cpu().double(), few.double()).numpy()
    worst = np.abs(evaluate(path, few.double().numpy()) - expected).max()
    print(f"{os.path.basename(path)}: {os.path.getsize(path):,} bytes; numpy differs from torch by {worst:.2e} "
          f"on {len(few)} images (float64)")
    model.float()
    try:
        import onnxruntime
    except ImportError:
        print("no onnxruntime here: the whole test set was not evaluated from the file")
    else:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        parts = [session.run(None, {"image": part.cpu().numpy()})[0] for part in test.pixels.split(500)]
        scores = np.concatenate(parts)
        right = int((scores.argmax(1) == test.labels.cpu().numpy()).sum())
        print(f"| test set, by the file in onnxruntime {onnxruntime.__version__} | {right:,} of {len(test):,} |")
        worst = max(worst, np.abs(scores[:NUMPY_IMAGES] - expected).max())
        print(f"onnxruntime differs from torch by at most {np.abs(scores[:NUMPY_IMAGES] - expected).max():.2e}")
    if not worst < TOLERANCE:
        raise SystemExit(f"{path}: the file differs from the network by {worst}")


def margin_line(model, images):
    two = scores_of(model, images.pixels).topk(2, 1).values
    margin = (two[:, 0] - two[:, 1]).cpu().numpy()
    values = ", ".join(f"{v:.3f}" for v in np.quantile(margin, [0.001, 0.01, 0.05, 0.5]))
    print(f"margin between the two largest scores, quantiles 0.1 %, 1 %, 5 %, 50 %: {values}")
