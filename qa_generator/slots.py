"""What of a scene can fill the slots of a goal."""

from collections.abc import Sequence
from typing import Any

from scene_renderer.errors import DatasetError
from scene_renderer.piles import base_of, load_of
from scene_renderer.scene import Scene, SceneObject


def of_shapes(scene: Scene, shapes: Sequence[str]) -> list[SceneObject]:
    """Returns the objects of these shapes that nothing stands in or on."""
    return [item for item in scene.objects if item.shape in shapes and not load_of(scene, item)]


def on_table(scene: Scene, shapes: Sequence[str]) -> list[SceneObject]:
    """Returns those that stand on nothing but the table, too."""
    return [item for item in of_shapes(scene, shapes) if base_of(scene, item) is None]


def check_slot(scene: Scene, name: str, shapes: Sequence[str], what: str) -> None:
    """Checks what somebody wrote into a slot.

    Args:
        scene: where the object is.
        name: of the object.
        shapes: those that the slot takes.
        what: the slot, for the error's sentence.

    Raises:
        DatasetError: if the object cannot take that part.
        SceneError: if it is not in the scene.
    """
    item = scene[name]
    if item.shape not in shapes:
        raise DatasetError(f"'{name}' cannot be {what}; that must be a {' or '.join(shapes)}.")
    if load := load_of(scene, item):
        raise DatasetError(
            f"'{name}' cannot be {what}, because '{load[0].name}' stands in or on it."
        )


def check_names(names: Any, key: str, least: int) -> list[str]:
    """Checks that a slot lists different objects.

    Args:
        names: what somebody wrote.
        key: the slot.
        least: how many there must be.

    Raises:
        DatasetError: if it does not.
    """
    if not isinstance(names, list) or len(names) < least:
        raise DatasetError(f"'{key}' must be a list of {least} or more names.")
    for name in names:
        if names.count(name) > 1:
            raise DatasetError(f"'{key}' names '{name}' twice.")
    return names
