#!/usr/bin/python3
"""What is folded and written computes what was trained; quadratics keep their promises whatever the input."""

import copy
import os
import tempfile
import unittest

import numpy as np
import torch
from torch import nn

import dwsep_cifar10
from export import evaluate
from fit import measure_statistics
from layers import HermiteQuadratic, Quadratic, Residual, Square, conv, deploy
from onnx_graph import write_network


def small_network(activation, after):
    body = nn.Sequential(conv(4, 4), *activation(4), conv(4, 4), nn.BatchNorm2d(4))
    return nn.Sequential(conv(3, 4), *activation(4), Residual(body, nn.Identity(), after(4)), nn.AvgPool2d(2), nn.Flatten(),
                         nn.Linear(64, 10))


def measured(model, images):
    """With statistics that fit the images, and then in double precision."""
    measure_statistics(model, images.float())
    return model.double()


class LayersTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(7)
        self.images = torch.randn(40, 3, 8, 8, dtype=torch.float64)

    def test_deploy_keeps_what_is_computed(self):
        model = measured(small_network(lambda n: [HermiteQuadratic(n)], HermiteQuadratic), self.images)
        folded = deploy(copy.deepcopy(model))
        self.assertFalse(any(isinstance(m, HermiteQuadratic) for m in folded.modules()))
        self.assertLess((model(self.images) - folded(self.images)).abs().max().item(), 1e-9)

    def test_pure_becomes_norm_and_square(self):
        layer = measured(nn.Sequential(HermiteQuadratic(3, pure=True)), self.images)
        folded = deploy(copy.deepcopy(layer))
        self.assertEqual([type(m) for m in folded[0]], [nn.BatchNorm2d, Square])
        self.assertLess((layer(self.images) - folded(self.images)).abs().max().item(), 1e-9)

    def test_centre_is_bounded_whatever_the_tails(self):
        for spread in (0.5, 1.0, 1.6, 30.0):
            a, b, _ = HermiteQuadratic(3).coefficients(torch.full((3,), spread))
            self.assertTrue((a > 0).all())
            self.assertTrue((b / (2 * a) <= 2 + 1e-5).all())

    def test_tails_are_penalised(self):
        layer = HermiteQuadratic(1).train()
        x = torch.zeros(2, 1, 8, 8)
        x[0, 0, 0, 0] = 100.0
        x.requires_grad_(True)
        (0.0 * layer(x).sum()).backward()
        self.assertGreater(x.grad[0, 0, 0, 0].item(), 0.0)

    def written(self, model):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            write_network(model, self.images.shape[1:], 14, path)
            return evaluate(path, self.images.numpy())

    def check_written(self, model):
        model = measured(model, self.images)
        difference = np.abs(self.written(deploy(copy.deepcopy(model))) - model(self.images).detach().numpy()).max()
        self.assertLess(difference, 1e-4)  # the file's weights are float32

    def test_quadratic_network_is_written(self):
        self.check_written(small_network(lambda n: [HermiteQuadratic(n)], HermiteQuadratic))

    def test_ordinary_activations_are_written(self):
        for kind in (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.SiLU, nn.Hardswish, nn.LeakyReLU):
            self.check_written(small_network(lambda n: [nn.BatchNorm2d(n), kind()], lambda n: kind()))

    def test_groups_and_global_pool_are_written(self):
        self.check_written(dwsep_cifar10.build())

    def test_unknown_layer_is_refused(self):
        with self.assertRaises(SystemExit):
            self.written(nn.Sequential(nn.GELU()))

    def test_quadratic(self):
        a, b, c = torch.tensor([2.0]), torch.tensor([3.0]), torch.tensor([5.0])
        self.assertEqual(Quadratic(a, b, c)(torch.full((1, 1, 1, 1), 7.0)).item(), 2 * 49 + 3 * 7 + 5)


if __name__ == "__main__":
    unittest.main()
