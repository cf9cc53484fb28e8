"""What every recipe does: read the data, train, measure, export, check the file."""

import argparse
import copy
import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import Callable

import torch

import datasets
import report
from agreement import Agreement
from augment import CropAndFlip, Distortion
from fit import Fit, measure_statistics
from layers import deploy
from onnx_graph import read_weights, write_network
from ranged import Ranged
from teacher import load_teacher


@dataclass
class Recipe:
    """`build()` makes the untrained network; `defaults` override the defaults of the options below."""

    name: str
    build: Callable
    data: str
    defaults: dict = field(default_factory=dict)
    opset: int = 13


def parse_arguments(recipe, description):
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, help="folder with MNIST's idx files, or with CIFAR-10")
    parser.add_argument("--out", default=os.path.join(here, "..", "models", recipe.name))
    parser.add_argument("--checkpoint", help="the trained weights of an earlier run: measure and export only")
    parser.add_argument("--teacher", help="weights that teacher.py wrote; without them the labels alone teach")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=0.2, help="peak learning rate")
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--clip", type=float, default=2.0, help="largest norm of a gradient")
    parser.add_argument("--average-decay", type=float, default=0.998)
    parser.add_argument("--smoothing", type=float, default=0.05, help="label smoothing, without a teacher")
    parser.add_argument("--distill", type=float, default=0.8, help="the teacher's share of the loss")
    parser.add_argument("--temperature", type=float, default=3.0)
    parser.add_argument("--penalty", type=float, default=1.0, help="factor of the penalties on ranges; 0 for none")
    parser.add_argument("--agree-epochs", type=int, default=0, help="epochs more that teach polynomials to agree")
    parser.add_argument("--agree-rate", type=float, default=0.02, help="peak learning rate of those")
    parser.add_argument("--agree-weight", type=float, default=2.0, help="of the distance of the polynomials' scores")
    parser.add_argument("--start", help="model.onnx of a network of the same shape, whose weights the training starts from")
    parser.add_argument("--resume", help="the weights before those epochs, from an earlier run")
    parser.add_argument("--distortion", type=float, default=1.0, help="how strongly digits are distorted")
    parser.add_argument("--shift", type=int, default=4, help="pixels by which photographs are moved at most")
    parser.add_argument("--hole", type=int, default=0, help="side of the square blackened in every training image")
    parser.add_argument("--check-every", type=int, default=2, help="epochs between two looks at the held-out images")
    parser.add_argument("--limit", type=int, default=0, help="train on so many images only, to try things out")
    parser.add_argument("--compile", action="store_true", help="compile the network (torch 2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.set_defaults(**recipe.defaults)
    return parser.parse_args()


def prepare(args, load):
    """The device, the data on it, and the generator that every draw after the initial weights comes from."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    args.bfloat16 = device.type == "cuda"
    torch.backends.cudnn.benchmark = True
    data = load(args.data, device)
    if args.limit:
        order = torch.randperm(len(data.train))[: args.limit].to(device)
        data.train = datasets.Images(data.train.pixels[order], data.train.labels[order])
    return device, data, torch.Generator(device).manual_seed(args.seed)


def augmentation(recipe, generator, args):
    if recipe.data == "mnist":
        return Distortion(generator, strength=args.distortion)
    return CropAndFlip(generator, args.shift, hole_px=args.hole)


def train(recipe, device, data, generator, args):
    """The network of the best epoch, its statistics measured in float32 over all training images."""
    model = recipe.build().to(device)
    path = os.path.join(args.out, "checkpoint.pt")
    if args.checkpoint:
        model.load_state_dict(torch.load(args.checkpoint, map_location=device))
        return model.eval()
    for layer in model.modules():
        if isinstance(layer, Ranged):
            layer.penalty *= args.penalty
    if args.start:
        read_weights(model, args.start)
    start = time.time()
    augment = augmentation(recipe, generator, args)
    if args.resume:
        best = model
        best.load_state_dict(torch.load(args.resume, map_location=device))
    else:
        teacher = load_teacher(args.teacher, device) if args.teacher else None
        best = Fit(model, teacher, data, augment, args).run(generator, lambda m: torch.save(m.state_dict(), path))
    if args.agree_epochs:
        torch.save(best.state_dict(), os.path.join(args.out, "before_agreement.pt"))
        generator.manual_seed(args.seed + 1)
        best = Agreement(best, data, augment, args).run(generator, lambda m: torch.save(m.state_dict(), path))
    torch.backends.cudnn.allow_tf32 = False
    order = torch.randperm(len(data.train), generator=generator, device=device)
    measure_statistics(best, data.train.pixels[order])
    torch.save(best.state_dict(), path)
    print(f"trained in {time.time() - start:.0f} s")
    return best


def describe(trained, model, data):
    """The tables of the model card."""
    print(f"parameters: {sum(p.numel() for p in trained.parameters()):,}")
    report.accuracy_row("training images", model, data.train)
    report.accuracy_row("held-out training images", model, data.held)
    report.accuracy_row("test set", model, data.test)
    print("| input of | held out | rms | test | rms |")
    report.range_rows(model, data.held.pixels, data.test.pixels)
    report.margin_line(model, data.test)
    report.quadratic_rows(trained)
    report.skip_scales(model)


def export(recipe, model, data, args):
    path = os.path.join(args.out, "model.onnx")
    shape = data.test.pixels.shape[1:]
    write_network(model, shape, recipe.opset, path)
    with open(os.path.join(args.out, "input.json"), "w", encoding="utf-8") as file:
        json.dump({"scale": 1 / 255, "mean": [0.0] * shape[0], "std": [1.0] * shape[0]}, file)
        file.write("\n")
    report.check_file(path, model, data.test)
    with open(path, "rb") as file:
        print(f"SHA-256 {hashlib.sha256(file.read()).hexdigest()}")


def main(recipe, description):
    args = parse_arguments(recipe, description.split("\n")[0])
    start = time.time()
    os.makedirs(args.out, exist_ok=True)
    load = datasets.load_mnist if recipe.data == "mnist" else datasets.load_cifar10
    device, data, generator = prepare(args, load)
    print(f"{recipe.name}: {vars(args)}\n{device}, data read in {time.time() - start:.0f} s", flush=True)
    trained = train(recipe, device, data, generator, args)
    torch.backends.cudnn.allow_tf32 = False
    model = deploy(copy.deepcopy(trained))
    describe(trained, model, data)
    export(recipe, model, data, args)
    print(f"{time.time() - start:.0f} s in all, seed {args.seed}, torch {torch.__version__}, {device}")
