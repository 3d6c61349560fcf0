from itertools import combinations

import numpy as np
import pytest

from scene_renderer.cameras import view_from
from scene_renderer.labels import Box, leader, place_labels
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.vocabulary import CAMERAS

SIZE, EXTENT = 480, (68.0, 34.0)


def shared(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


@pytest.mark.parametrize("camera", CAMERAS)
def test_labels_of_crowded_scenes_keep_clear_of_each_other(camera: str) -> None:
    renderer = Renderer()
    for index in range(4):
        scene = view_from(sample_scene(3, "test_counts", index), camera)
        rendering = renderer.render(scene, SIZE)
        boxes: list[Box] = [
            (left, top, right, bottom)
            for (left, top, right, bottom), share in zip(
                rendering.boxes.tolist(), rendering.visible.tolist(), strict=True
            )
            if share > 0
        ]
        plates = place_labels(boxes, [EXTENT] * len(boxes), [], SIZE)
        assert all(0 <= edge <= SIZE for plate in plates for edge in plate)
        assert sum(shared(a, b) for a, b in combinations(plates, 2)) == 0
        on_objects = sum(shared(plate, box) for plate in plates for box in boxes)
        assert on_objects < 0.1 * len(plates) * EXTENT[0] * EXTENT[1]


def test_a_lonely_label_stands_right_beside_its_object() -> None:
    box = (200.0, 200.0, 260.0, 240.0)
    (plate,) = place_labels([box], [EXTENT], [], SIZE)
    u0, v0, u1, v1 = leader(plate, box)
    assert np.hypot(u1 - u0, v1 - v0) < 6
    assert shared(plate, box) == 0


def test_a_label_goes_away_from_what_is_taken() -> None:
    box, around = (200.0, 200.0, 260.0, 240.0), (100.0, 120.0, 360.0, 320.0)
    (plate,) = place_labels([box], [EXTENT], [around], SIZE)
    assert shared(plate, around) == 0


def test_a_leader_joins_the_nearest_edges() -> None:
    assert leader((0.0, 0.0, 10.0, 10.0), (30.0, 4.0, 40.0, 6.0)) == (10.0, 5.0, 30.0, 5.0)


def test_a_label_wider_than_the_picture_is_placed_all_the_same() -> None:
    ((left, top, _, _),) = place_labels([(5.0, 5.0, 9.0, 9.0)], [(90.0, 20.0)], [], 64)
    assert left >= 1
    assert top >= 0
