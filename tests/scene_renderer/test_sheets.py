import numpy as np
import pytest
from PIL import Image

from scene_renderer.catalogue import SHAPES
from scene_renderer.sheets import describe_shape, draw_catalogue, draw_split, lay_out, stack
from scene_renderer.vocabulary import COLORS

RED = Image.new("RGB", (100, 50), "#ff0000")


def count_red(sheet: Image.Image) -> int:
    return int((np.asarray(sheet) == (255, 0, 0)).all(axis=-1).sum())


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (3, 1, 3), (5, 2, 3)])
def test_pictures_fill_a_grid(count: int, rows: int, columns: int) -> None:
    sheet = lay_out("title", [(RED, "a word")] * count, columns=3)
    assert count_red(sheet) == count * 100 * 50
    assert columns * 100 < sheet.width < columns * 100 + 50
    assert rows * 50 < sheet.height < rows * 50 + 100


def test_words_that_are_too_wide_stay_under_their_picture() -> None:
    long = lay_out("word " * 90, [(RED, "word " * 90), (RED, "")], columns=2)
    pixels = np.asarray(long.convert("L"))
    assert pixels[:, -6:].min() == 255
    assert pixels[-20:, 110:].min() == 255 > pixels[-20:, :106].min()


def test_a_line_break_makes_room_for_a_line() -> None:
    one, two = (lay_out("", [(RED, words)], 1) for words in ("a", "a\nb"))
    assert two.height > one.height


def test_sheets_are_stacked_from_the_left() -> None:
    whole = stack([Image.new("RGB", (30, 10), "red"), RED])
    assert whole.size == (100, 60)
    assert whole.getpixel((50, 5)) == (255, 255, 255)


def test_the_catalogue_shows_every_shape_and_colour_clear_of_the_edge() -> None:
    width = 96
    sheet = np.asarray(draw_catalogue(width), int)
    for word, color in COLORS.items():
        rgb = np.array(color) * 255
        shade = sheet / np.maximum(sheet.max(axis=-1, keepdims=True), 1)
        if word not in ("white", "black"):
            assert (np.abs(shade - rgb / rgb.max()).max(axis=-1) < 0.06).sum() > 30, word
    assert 3 * width < sheet.shape[1] < 3 * width + 40


def test_a_shape_is_told_with_role_sizes_and_mass() -> None:
    assert describe_shape("plate") == "plate: receives; 140 to 160 mm wide, 14 to 16 high; 400 g"
    assert all(describe_shape(word).startswith(f"{word}: ") for word in SHAPES)


def test_a_split_is_shown_scene_by_scene() -> None:
    front, top = (draw_split("test_counts", 3, 3, 48, camera, 2) for camera in ("front", "top"))
    assert front.size == top.size
    assert front.height > 2 * 48 > front.width - 48
    assert (np.asarray(front) != np.asarray(top)).any()
