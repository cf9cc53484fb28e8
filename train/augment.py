"""Random small distortions: of digits by shift, rotation, scale, shear and a smooth elastic field; of photographs by crop and flip."""

import math

import torch
import torch.nn.functional as F


class Distortion:
    """Distorts a batch [n][1][28][28]; every draw comes from the generator given. `strength` multiplies all distortions."""

    def __init__(self, generator, shift_px=1.5, degrees=11.0, scale=0.10, shear=0.15, elastic_px=1.2, strength=1.0):
        self.generator = generator
        self.shift_px = strength * shift_px
        self.degrees = strength * degrees
        self.scale = strength * scale
        self.shear = strength * shear
        self.elastic_px = strength * elastic_px

    def _uniform(self, n, bound):
        return (torch.rand(n, generator=self.generator, device=self.generator.device) * 2 - 1) * bound

    def _affine(self, n, width):
        angle = self._uniform(n, self.degrees * math.pi / 180)
        shear = self._uniform(n, self.shear)
        scale_x = torch.exp(self._uniform(n, self.scale))
        scale_y = torch.exp(self._uniform(n, self.scale))
        cos, sin = torch.cos(angle), torch.sin(angle)
        theta = torch.empty(n, 2, 3, device=angle.device)
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
        coarse = torch.randn(n, 2, 6, 6, generator=self.generator, device=self.generator.device) * (self.elastic_px / width)
        field = F.interpolate(coarse, size=images.shape[2:], mode="bilinear", align_corners=True)
        return F.grid_sample(images, grid + field.permute(0, 2, 3, 1), align_corners=False)


class CropAndFlip:
    """Mirrors half of a batch [n][c][h][w] and moves every image by up to `shift_px`, filling in by reflection."""

    def __init__(self, generator, shift_px=4, hole_px=0):
        self.generator = generator
        self.shift_px = shift_px
        self.hole_px = hole_px

    def _integers(self, bound, n):
        return torch.randint(bound, (n, 1), generator=self.generator, device=self.generator.device)

    def _moved(self, n, size):
        """Where each of the `size` places of n images comes from."""
        return self._integers(2 * self.shift_px + 1, n) + torch.arange(size, device=self.generator.device)

    def _dig(self, images):
        """Blackens a square of hole_px somewhere in every image."""
        n, _, height, width = images.shape
        inside = []
        for size in (height, width):
            from_start = torch.arange(size, device=images.device) - self._integers(size, n) + self.hole_px // 2
            inside.append((from_start >= 0) & (from_start < self.hole_px))
        return images.masked_fill((inside[0][:, :, None] & inside[1][:, None, :])[:, None], 0.0)

    def __call__(self, images):
        n, _, height, width = images.shape
        padded = F.pad(images, (self.shift_px,) * 4, mode="reflect")
        rows, columns = self._moved(n, height), self._moved(n, width)
        columns = torch.where(self._integers(2, n) == 1, columns.flip(1), columns)
        which = torch.arange(n, device=images.device)[:, None, None]
        moved = padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
        return self._dig(moved) if self.hole_px else moved
