import numpy as np
import pytest
import torch

from finetune.dense import MIN_COVER, X_BINS, Y_BINS, DenseHead, build_targets, find_owners
from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.vocabulary import COLORS


@pytest.fixture
def mask():
    """Two by two tokens of 4 x 4 pixels: object 0, arm over object 1, too little, table."""
    mask = np.zeros((8, 8), dtype=np.uint8)
    mask[:4, :4] = 1
    mask[:4, 4:] = 255
    mask[2:4, 4:] = 2
    mask[4, :2] = 1
    return mask


@pytest.fixture
def scene():
    objects = [
        SceneObject("red cube", "red", "cube", 0.05, (0.41, -0.12, 0.025)),
        SceneObject("blue ball", "blue", "ball", 0.05, (0.52, 0.2, 0.03)),
        SceneObject("green cube", "green", "cube", 0.05, (0.40, 0.1, 0.025)),
        SceneObject("pink plate", "pink", "plate", 0.15, (0.60, 0.0, 0.008)),
    ]
    return Scene("dense", tuple(objects))


def test_an_object_owns_the_tokens_that_it_covers_most(mask):
    assert 2 / 16 < MIN_COVER < 8 / 16
    assert find_owners(mask, count=4, grid=2).tolist() == [0, 1, -1, -1]


def test_the_larger_share_of_a_token_wins():
    mask = np.array([[1, 1, 2, 2], [1, 2, 2, 2], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.uint8)
    assert find_owners(mask, count=2, grid=1).tolist() == [1]


def test_targets_tell_colour_shape_and_place_of_the_owner(scene, mask):
    targets = build_targets([scene], [mask], grid=2)
    assert targets.color.tolist() == [
        [list(COLORS).index("red"), list(COLORS).index("blue"), -1, -1]
    ]
    assert targets.shape.tolist() == [
        [list(SHAPES).index("cube"), list(SHAPES).index("ball"), -1, -1]
    ]
    torch.testing.assert_close(targets.position[0, 1], torch.tensor([0.52, 0.2, 0.03]))
    assert targets[torch.tensor([0, 0])].color.shape == (2, 4)


def test_a_head_learns_what_its_features_tell(scene, mask):
    targets = build_targets([scene], [mask], grid=2)
    features = torch.eye(4)[None]  # every token looks different
    torch.manual_seed(0)
    head = DenseHead(4)
    before, score = head(features, targets).item(), head.score(features, targets)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.3)
    for _ in range(60):
        loss = head(features, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert score != {"found": 1.0, "color": 1.0, "shape": 1.0, "within_2cm": 1.0}
    assert head.score(features, targets) == {
        "found": 1.0, "color": 1.0, "shape": 1.0, "within_2cm": 1.0
    }  # fmt: skip
    assert head(features, targets).item() < before / 2


def test_bins_hold_every_place_on_the_table():
    assert X_BINS[0] < 0.28 and X_BINS[-1] > 0.68
    assert Y_BINS[0] < -0.3 and Y_BINS[-1] > 0.3
