"""The only place where a scene and an instruction become the text that a model reads.

Coordinates are integer millimetres in the robot's base frame. The three contexts:

    named                     unnamed                   image

    gripper: 320, 0, 420      gripper: 320, 0, 420      gripper: 320, 0, 420
    red cube: 412, -127, 25   object: 520, 80, 30       lift the red cube
    blue bowl: 520, 80, 30    object: 412, -127, 25
    lift the red cube         lift the red cube

The list is in random order, so that its order tells nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene_renderer.errors import UsageError, did_you_mean
from scene_renderer.scene import Table, Vector
from scene_renderer.vocabulary import CONTEXTS

GRIPPER_LABEL = "gripper"
UNNAMED_LABEL = "object"


@dataclass(frozen=True, eq=False)
class Observation:
    """What a policy gets to see of a scene.

    Attributes:
        image: uint8, shape (height, width, 3), RGB; None where only the text is wanted.
        end_effector: position of the point between the finger tips, metres, base frame.
        listing: label and centre (metres, base frame) of each object, in the order of the prompt.
    """

    image: NDArray[np.uint8] | None
    end_effector: Vector
    listing: tuple[tuple[str, Vector], ...] = ()


def observe(
    scene: Table, image: NDArray[np.uint8] | None, context: str, rng: np.random.Generator
) -> Observation:
    """Looks at a scene in one of the contexts.

    Args:
        scene: what is on the table.
        image: uint8, shape (height, width, 3), RGB, or None.
        context: a word from `CONTEXTS`.
        rng: draws the order of the list.

    Raises:
        UsageError: if the context is unknown.
    """
    if context not in CONTEXTS:
        raise UsageError(f"Unknown context '{context}'.{did_you_mean(context, CONTEXTS)}")
    order = rng.permutation(len(scene.objects))
    objects = [] if context == "image" else [scene.objects[i] for i in order]
    listing = tuple((o.name if context == "named" else UNNAMED_LABEL, o.position) for o in objects)
    return Observation(image, scene.end_effector.position, listing)


def build_prompt(observation: Observation, instruction: str) -> str:
    """Returns all the text that a model reads beside the image; `instruction` may be a question."""
    places = ((GRIPPER_LABEL, observation.end_effector), *observation.listing)
    return "\n".join([*(format_place(label, position) for label, position in places), instruction])


def to_millimetres(length: float) -> int:
    """Rounds metres to whole millimetres."""
    return round(1000 * length)


def format_position(position: Vector) -> str:
    """Writes metres as integer millimetres: `412, -127, 25`."""
    return ", ".join(str(to_millimetres(value)) for value in position)


def format_place(label: str, position: Vector) -> str:
    """Writes what is where: `red cube: 412, -127, 25`."""
    return f"{label}: {format_position(position)}"
