"""Random small distortions of digit images: shift, rotation, scale, shear and a smooth elastic field."""

import math

import torch
import torch.nn.functional as F


class Distortion:
    """Distorts a batch [n][1][28][28]; every draw comes from the generator given."""

    def __init__(self, generator, shift_px=1.5, degrees=11.0, scale=0.10, shear=0.15, elastic_px=1.2):
        self.generator = generator
        self.shift_px = shift_px
        self.degrees = degrees
        self.scale = scale
        self.shear = shear
        self.elastic_px = elastic_px

    def _uniform(self, n, bound):
        return (torch.rand(n, generator=self.generator) * 2 - 1) * bound

    def _affine(self, n, width):
        angle = self._uniform(n, self.degrees * math.pi / 180)
        shear = self._uniform(n, self.shear)
        scale_x = torch.exp(self._uniform(n, self.scale))
        scale_y = torch.exp(self._uniform(n, self.scale))
        cos, sin = torch.cos(angle), torch.sin(angle)
        theta = torch.empty(n, 2, 3)
        theta[:, 0, 0] = scale_x * cos
        theta[:, 0, 1] = scale_x * (shear * cos - sin)
        theta[:, 1, 0] = scale_y * sin
        theta[:, 1, 1] = scale_y * (shear * sin + cos)
        theta[:, 0, 2] = self._uniform(n, 2 * self.shift_px / width)
        theta[:, 1, 2] = self._uniform(n, 2 * self.shift_px / width)
        return theta

    def __call__(self, images):
        n, _, _, width = images.shape
        grid = F.affine_grid(self._affine(n, width), images.shape, align_corners=False)
        coarse = torch.randn(n, 2, 6, 6, generator=self.generator) * (self.elastic_px / width)
        field = F.interpolate(coarse, size=images.shape[2:], mode="bilinear", align_corners=True)
        return F.grid_sample(images, grid + field.permute(0, 2, 3, 1), align_corners=False)
