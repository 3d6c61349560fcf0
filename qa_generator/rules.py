"""What each split must hold: number of objects, colours on shapes, look, piles.

A rule takes a scene and its split's rules and says what is wrong, or nothing.
"""

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from qa_generator.language.words import COLOR_WORDS, NOUNS, plural
from scene_renderer.piles import load_of
from scene_renderer.sampler import LOOKS, Look
from scene_renderer.scene import FRONT, Light, Scene
from scene_renderer.splits import Split, is_unseen

_ROUNDING = 1e-4
_SHAPE_OF: Mapping[str, str] = {
    word: shape
    for shape, nouns in NOUNS.items()
    for noun in nouns.all
    for word in (noun, plural(noun))
}
_COLOR_OF: Mapping[str, str] = {w: color for color, names in COLOR_WORDS.items() for w in names.all}
_NAME = re.compile(rf"\b({'|'.join(_COLOR_OF)}) ({'|'.join(_SHAPE_OF)})\b")


def unseen_name(text: str) -> str | None:
    """Returns the first colour-shape pair in a text that training never shows, if there is one."""
    for match in _NAME.finditer(text):
        if is_unseen(_COLOR_OF[match[1]], _SHAPE_OF[match[2]]):
            return match[0]
    return None


def is_within(scene: Scene, look: Look) -> bool:
    """Whether camera, light, table and noise wander no further than a look allows."""
    usual, light = Light(), scene.light
    turn = math.atan2(*light.direction[1::-1]) - math.atan2(*usual.direction[1::-1])
    tint = (1 + look.tint) * (1 + look.tint / 3) - 1
    wander = [
        (math.remainder(turn, math.tau), look.lamp),
        (light.ambient / usual.ambient - 1, look.light),
        (light.diffuse / usual.diffuse - 1, look.light),
        *((value - 1, tint) for value in scene.tint),
        (scene.noise, look.noise),
    ]
    if scene.camera.name == FRONT.name:
        camera = scene.camera
        wander += [
            *((a - b, look.position) for a, b in zip(camera.position, FRONT.position, strict=True)),
            *((a - b, look.target) for a, b in zip(camera.target, FRONT.target, strict=True)),
            (camera.fov_deg - FRONT.fov_deg, look.fov),
        ]
    return all(abs(way) <= limit + _ROUNDING for way, limit in wander)


def _count(scene: Scene, rules: Split) -> str | None:
    low, high = rules.objects
    count = len(scene.objects)
    return None if low <= count <= high else f"{count} objects"


def _combinations(scene: Scene, rules: Split) -> str | None:
    unseen = [item.name for item in scene.objects if is_unseen(item.color, item.shape)]
    if rules.combinations == "seen":
        return f"a {unseen[0]}" if unseen else None
    enough = len(unseen) >= len(scene.objects) / 2
    return None if enough else f"{len(unseen)} unseen pairs among {len(scene.objects)} objects"


def _look(scene: Scene, rules: Split) -> str | None:
    if not is_within(scene, LOOKS[rules.look]):
        return f"a look beyond '{rules.look}'"
    is_plain = rules.look != "mild" and is_within(scene, LOOKS["mild"])
    return "a look that training shows" if is_plain else None


def _piles(scene: Scene, rules: Split) -> str | None:
    piled = any(load_of(scene, item) for item in scene.objects)
    is_wanted = rules.is_piled(int(scene.id.rsplit("-", 1)[1]))
    return None if piled == is_wanted else "a pile" if piled else "no pile"


SCENE_RULES: MappingProxyType[str, Callable[[Scene, Split], str | None]] = MappingProxyType(
    {
        "number of objects": _count,
        "colour-shape pairs in scenes": _combinations,
        "looks": _look,
        "piles": _piles,
    }
)
"""Name of a check to its rule."""
