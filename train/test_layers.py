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
from onnx_graph import read_weights, write_network
from ranged import EVEN_POINTS, EVEN_SHARE, Computing, Ranged, least_squares


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

    def gradient_of_penalty(self, x, **settings):
        x = x.clone().requires_grad_(True)
        (0.0 * Ranged(nn.ReLU(), 2, **settings).train()(x).sum()).backward()
        return x.grad

    def test_what_leaves_the_range_is_penalised(self):
        x = torch.tensor([0.5, -2.0, 4.0, -6.0]).view(1, 1, 2, 2)
        # beyond +-3: 1 and -3, whose norm is the square root of 10
        expected = torch.tensor([0.0, 0.0, 1.0, -3.0]).view(1, 1, 2, 2) / 10**0.5
        difference = self.gradient_of_penalty(x, bound=3.0, penalty=1.0) - expected
        self.assertLess(difference.abs().max().item(), 1e-6)

    def test_a_range_in_deviations_knows_no_scale(self):
        x = torch.randn(8, 2, 4, 4)
        one, two = (self.gradient_of_penalty(x * scale, bound=1.0, in_deviations=True) * scale for scale in (1.0, 8.0))
        self.assertGreater(one.abs().max().item(), 0.0)
        self.assertLess((one - two).abs().max().item(), 1e-5 * one.abs().max().item())

    def test_hard_swish_is_a_quadratic_inside_its_range(self):
        x = torch.rand(64, 2, 8, 8) * 6 - 3
        found = least_squares(nn.Hardswish(), x, 2)
        for coefficient, expected in zip(found, (0.0, 0.5, 1 / 6)):
            self.assertLess((coefficient - expected).abs().max().item(), 1e-5)

    def test_least_squares_leaves_a_residual_without_trend(self):
        """Under the weight that it minimises: EVEN_SHARE of it is spread evenly over the range, the rest is on x."""
        degree = 4
        x = torch.randn(64, 3, 8, 8) * torch.tensor([0.5, 1.0, 2.0]).view(1, 3, 1, 1)
        found = least_squares(nn.SiLU(), x, degree).double()
        even = torch.linspace(-1, 1, EVEN_POINTS).view(-1, 1, 1, 1) * x.abs().amax((0, 2, 3)).view(1, -1, 1, 1)
        weighted = [(1 - EVEN_SHARE, x.double()), (EVEN_SHARE, even.double())]

        def mean(f):
            return sum(share * f(values).mean((0, 2, 3)) for share, values in weighted)

        def polynomial(values, part=lambda c: c):
            return sum(part(c).view(1, -1, 1, 1) * part(values) ** i for i, c in enumerate(found))

        # Each mean is of float32: of a power of the quotient by the range, twice the degree roundings of the quotients and of
        # the products, one of the product with the function, and twelve of a sum of 4,096; one more of the coefficients.
        rounding = (2 * 2 * degree + 1 + 12 + 1) * 2.0**-24
        for k in range(degree + 1):
            trend = mean(lambda v: (nn.SiLU()(v) - polynomial(v)) * v**k).abs()
            size = mean(lambda v: (nn.SiLU()(v).abs() + polynomial(v, torch.abs)) * v.abs() ** k)
            self.assertTrue((trend < rounding * size).all(), f"power {k}: {(trend / size).max().item()} of {rounding}")

    def test_polynomials_stand_for_activations_only_while_asked(self):
        model = nn.Sequential(nn.BatchNorm2d(3), Ranged(nn.LeakyReLU(0.2), 2)).eval()
        x = torch.randn(16, 3, 4, 4)
        exact = model(x)
        with Computing("polynomial", model):
            polynomial = model(x)
        with Computing("both", model):
            both = model(torch.cat([x, x]))
        self.assertGreater((polynomial - exact).abs().max().item(), 1e-3)
        self.assertTrue(torch.equal(both, torch.cat([exact, polynomial])))
        self.assertTrue(torch.equal(model(x), exact))

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

    def test_ranged_activations_are_written_as_themselves(self):
        leaky = Ranged(nn.LeakyReLU(0.2), 2, in_deviations=True)
        self.check_written(small_network(lambda n: [nn.BatchNorm2d(n), Ranged(nn.SiLU(), 4)], lambda n: leaky))

    def test_what_is_written_is_read(self):
        model = measured(dwsep_cifar10.build(), self.images).float()
        other = dwsep_cifar10.build().eval()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            write_network(deploy(copy.deepcopy(model)), (3, 8, 8), 14, path)
            read_weights(other, path)
            with self.assertRaises(SystemExit):
                read_weights(nn.Sequential(conv(3, 5)), path)
        self.assertTrue(torch.equal(other(self.images.float()), model(self.images.float())))

    def test_unknown_layer_is_refused(self):
        with self.assertRaises(SystemExit):
            self.written(nn.Sequential(nn.GELU()))

    def test_quadratic(self):
        a, b, c = torch.tensor([2.0]), torch.tensor([3.0]), torch.tensor([5.0])
        self.assertEqual(Quadratic(a, b, c)(torch.full((1, 1, 1, 1), 7.0)).item(), 2 * 49 + 3 * 7 + 5)


if __name__ == "__main__":
    unittest.main()
