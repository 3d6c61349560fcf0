"""A dense auxiliary loss: what and where is the object that covers this image token?

Language loss alone teaches a small model to see only after hours. The renderer knows the answer
for every pixel, so a linear head on the image tokens is trained on it first; it is thrown away
afterwards. Where is said in bins of a centimetre, so that the features hold places the way a
decimal number does.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import COLORS

X_BINS = np.arange(0.26, 0.72, 0.01)
Y_BINS = np.arange(-0.36, 0.37, 0.01)
Z_BINS = np.arange(0.0, 0.09, 0.005)
"""Left edges' centres of the bins for an object's centre, metres, base frame."""

MIN_COVER = 0.15
"""An object owns an image token if it covers at least this share of the token's pixels."""


@dataclass(frozen=True)
class DenseTargets:
    """What each image token shows, for a batch or a whole data set; -1 where no object does.

    Attributes:
        owner: int64, shape (scenes, tokens): index of the object in its scene.
        color: int64, shape (scenes, tokens): index into `COLORS`.
        shape: int64, shape (scenes, tokens): index into `SHAPES`.
        position: float32, shape (scenes, tokens, 3): centre of the object, metres, base frame.
    """

    owner: torch.Tensor
    color: torch.Tensor
    shape: torch.Tensor
    position: torch.Tensor

    def __getitem__(self, index: torch.Tensor) -> "DenseTargets":
        return DenseTargets(
            self.owner[index], self.color[index], self.shape[index], self.position[index]
        )


def find_owners(mask: NDArray[np.uint8], count: int, grid: int) -> NDArray[np.int64]:
    """Finds the object that owns each image token.

    Args:
        mask: uint8, shape (size, size): i + 1 where object i is seen.
        count: number of objects.
        grid: image tokens along a side.

    Returns:
        int64, shape (grid * grid,): the object's index, or -1.
    """
    cell = mask.shape[0] // grid
    cells = mask.reshape(grid, cell, grid, cell).transpose(0, 2, 1, 3).reshape(grid * grid, -1)
    cover = np.stack([(cells == i + 1).mean(axis=1) for i in range(count)], axis=1)
    return np.where(cover.max(axis=1) >= MIN_COVER, cover.argmax(axis=1), -1)


def build_targets(scenes: list[Scene], masks: list[NDArray[np.uint8]], grid: int) -> DenseTargets:
    """Builds the targets of many scenes from their masks."""
    colors, shapes = list(COLORS), list(SHAPES)
    tables = []
    for scene, mask in zip(scenes, masks, strict=True):
        rows = [
            (i, colors.index(o.color), shapes.index(o.shape), *o.position)
            for i, o in enumerate(scene.objects)
        ]
        rows.append((-1, -1, -1, 0.0, 0.0, 0.0))  # what an owner of -1 stands for
        tables.append(np.array(rows)[find_owners(mask, len(scene.objects), grid)])
    table = torch.from_numpy(np.stack(tables))
    owner, color, shape = (table[..., i].long() for i in range(3))
    return DenseTargets(owner, color, shape, table[..., 3:].float())


class DenseHead(nn.Module):
    """A linear layer from an image token to what it shows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sizes = [1, len(COLORS), len(SHAPES), len(X_BINS), len(Y_BINS), len(Z_BINS)]
        self.linear = nn.Linear(width, sum(self.sizes))

    def forward(self, features: torch.Tensor, targets: DenseTargets) -> torch.Tensor:
        """Returns the loss, a scalar.

        Args:
            features: float, shape (scenes, tokens, width).
            targets: of the same scenes.
        """
        there, color, shape, *place = self.linear(features).float().split(self.sizes, dim=-1)
        owned = targets.color >= 0
        loss = functional.binary_cross_entropy_with_logits(there[..., 0], owned.float())
        loss = loss + functional.cross_entropy(color[owned], targets.color[owned])
        loss = loss + functional.cross_entropy(shape[owned], targets.shape[owned])
        for axis, (logits, bins) in enumerate(zip(place, (X_BINS, Y_BINS, Z_BINS), strict=True)):
            soft = _soft_bins(targets.position[owned][:, axis], torch.from_numpy(bins).float())
            loss = loss + 0.5 * functional.cross_entropy(logits[owned], soft)
        return loss

    @torch.no_grad()
    def score(self, features: torch.Tensor, targets: DenseTargets) -> dict[str, float]:
        """Returns the share of owned tokens whose object, colour, shape and place are right."""
        there, color, shape, x, y, _ = self.linear(features).float().split(self.sizes, dim=-1)
        owned = targets.color >= 0
        place = torch.stack(
            [
                torch.from_numpy(X_BINS)[x[owned].argmax(-1)],
                torch.from_numpy(Y_BINS)[y[owned].argmax(-1)],
            ],
            dim=-1,
        )
        error = (place - targets.position[owned][:, :2]).norm(dim=-1)
        return {
            "found": ((there[..., 0] > 0) == owned).float().mean().item(),
            "color": (color.argmax(-1) == targets.color)[owned].float().mean().item(),
            "shape": (shape.argmax(-1) == targets.shape)[owned].float().mean().item(),
            "within_2cm": (error < 0.02).float().mean().item(),
        }


def _soft_bins(values: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
    """Spreads each value over the bins beside it, as a narrow Gaussian."""
    width = bins[1] - bins[0]
    return (-0.5 * ((values[:, None] - bins) / (0.7 * width)) ** 2).softmax(dim=-1)
