import dataclasses

import numpy as np
from PIL import Image

from scene_renderer.check import Label, _Overlay, draw_check
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


def test_a_sliver_at_the_edge_gets_no_box_either(full_table: Scene) -> None:
    at_the_edge = dataclasses.replace(full_table.objects[0], position=(0.4, -0.43, 0.025))
    cut = dataclasses.replace(full_table, objects=(at_the_edge, *full_table.objects[1:]))
    assert draw_check(cut, 256, ["front"]).height > draw_check(full_table, 256, ["front"]).height


def test_every_label_is_written_once_and_inside() -> None:
    scene = sample_scene(3, "test_counts", 2)
    overlay = blank(scene)
    boxes = [(100.0 + 60 * n, 300.0, 140.0 + 60 * n, 340.0) for n in range(8)]
    overlay.labels += [Label(box, "red cube\n123, 456, 78", (200, 0, 0)) for box in boxes]
    plates = overlay.write_labels()
    assert len(plates) == len(set(plates)) == 8
    assert all(0 <= edge <= 640 for plate in plates for edge in plate)


def test_axes_go_to_the_corner_that_is_free(full_table: Scene) -> None:
    left, right = (0.0, 400.0, 300.0, 640.0), (340.0, 400.0, 640.0, 640.0)
    for taken, side in ((left, 1), (right, 0)):
        overlay = blank(full_table)
        overlay.draw_axes([taken])
        changed = (np.asarray(overlay.picture) != 128).any(axis=(0, 2))
        assert changed[320:].any() == bool(side) != changed[:320].any()
