import dataclasses

import numpy as np
from PIL import Image

from scene_renderer.check import _Overlay, draw_check
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import CAMERAS


def blank(scene: Scene, size: int = 640) -> _Overlay:
    return _Overlay(Image.new("RGB", (size, size), "#808080"), scene)


def test_all_cameras_are_drawn_side_by_side() -> None:
    scene = sample_scene(3, "train", 1)
    one, all_of_them = draw_check(scene, 96, ["front"]), draw_check(scene, 96, CAMERAS)
    assert 96 < one.width < 96 + 20
    assert 3 * 96 < all_of_them.width < 3 * 96 + 40
    assert all_of_them.height > 2 * 96


def test_an_object_out_of_view_gets_no_box_but_a_word(full_table: Scene) -> None:
    far = dataclasses.replace(full_table.objects[0], position=(-0.6, 0.0, 0.025))
    hidden = dataclasses.replace(full_table, objects=(far, *full_table.objects[1:]))
    assert draw_check(hidden, 96, ["front"]).height > draw_check(full_table, 96, ["front"]).height


def test_labels_keep_clear_of_each_other_and_in_the_picture() -> None:
    for index in range(6):
        scene = sample_scene(3, "test_counts", index)
        overlay = blank(scene)
        pixels = scene.camera.project(np.array([o.position for o in scene.objects]), 640)
        boxes = [(u - 30, v - 30, u + 30, v + 30) for u, v in pixels.tolist()]
        for number, (item, box) in enumerate(zip(scene.objects, boxes, strict=True)):
            others = boxes[:number] + boxes[number + 1 :]
            overlay.write_beside(box, f"{item.name}\n123, 456, 78", (200, 0, 0), others)
        plates = overlay._written
        assert all(0 <= edge <= 640 for plate in plates for edge in plate)
        shared = [
            max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
            for i, a in enumerate(plates)
            for b in plates[:i]
        ]
        area = sum((p[2] - p[0]) * (p[3] - p[1]) for p in plates)
        assert sum(shared) < 0.02 * area


def test_axes_go_to_the_corner_that_is_free(full_table: Scene) -> None:
    left, right = (0.0, 400.0, 300.0, 640.0), (340.0, 400.0, 640.0, 640.0)
    for taken, side in ((left, 1), (right, 0)):
        overlay = blank(full_table)
        overlay.draw_axes([taken])
        changed = (np.asarray(overlay.picture) != 128).any(axis=(0, 2))
        assert changed[320:].any() == bool(side) != changed[:320].any()
