"""What a sceptic wants to know about a pair beside picture, prompt and answer."""

import json
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa_generator.language.resolver import understand
from qa_generator.language.styles import style_of
from qa_generator.pairs import PLAN, Pair
from qa_generator.prompt import to_millimetres
from qa_generator.questions.words import form_of, split_options
from qa_generator.tasks import TASKS, read_goal
from qa_generator.verify import Verifier
from scene_renderer.renderer import Renderer
from scene_renderer.scene import SceneObject

_SPOT = re.compile(r"(-?\d+), (-?\d+)")
_CONTEXTS = {
    "named": "text alone could do: it names the things",
    "unnamed": "the picture tells which is which; heights in the text hint at shapes",
    "image": "only the picture shows the things",
}

Fact = tuple[str, str]
"""What it is about, and what is known."""


def find_meant(pair: Pair) -> list[tuple[SceneObject, NDArray[np.int64], float]]:
    """Returns the things that a pair is about: each with its box in pixels and its visible share.

    Box: int64, shape (4,): (u0, v0, u1, v1) in the pair's picture.
    """
    rendering = Renderer().render(pair.scene, len(pair.image))
    labels = zip(pair.scene.objects, rendering.boxes, rendering.visible.tolist(), strict=True)
    return [(item, box, share) for item, box, share in labels if _is_meant(pair, item)]


def gather_facts(pair: Pair, split: str) -> list[Fact]:
    """Returns all there is to say, and executes the plan to say it."""
    things = ", ".join(f"{item.name} {share:.0%}" for item, _, share in find_meant(pair))
    return [
        ("pair", f"{pair.id}, of split '{split}'"),
        ("context", f"{pair.context}: {_CONTEXTS[pair.context]}"),
        _wanted(pair),
        *_worded(pair),
        ("proof", _prove(pair)),
        ("visible", things or "no single thing is meant"),
    ]


def _wanted(pair: Pair) -> Fact:
    if pair.kind == PLAN:
        return "goal", json.dumps(pair.goal)
    return "question", f"{form_of(pair.instruction)}, of the kind '{pair.task}'"


def _worded(pair: Pair) -> list[Fact]:
    """How it is said, what the independent reader makes of it, and which pair is its twin."""
    if pair.kind != PLAN:
        return []
    kept = "training never says it" if style_of(pair.template) == "unseen" else "training says it"
    held_out = f"; held-out words: {', '.join(pair.lexical)}" if pair.lexical else ""
    facts = [
        ("wording", f"template {pair.template}, {kept}{held_out}"),
        ("read back", _plainly(understand(pair.scene, pair.instruction))),
    ]
    return [*facts, ("twin", pair.twin)] if pair.twin else facts


def _plainly(meaning: Any) -> str:
    """Writes a meaning without the punctuation of Python."""
    if isinstance(meaning, tuple):
        return " · ".join(map(_plainly, meaning))
    return (
        ", ".join(sorted(map(_plainly, meaning)))
        if isinstance(meaning, frozenset)
        else str(meaning)
    )


def _prove(pair: Pair) -> str:
    if pair.kind != PLAN:
        return "the answer is read off the scene that was rendered"
    if Verifier().passes(pair):
        return "executed in physics just now: goal reached"
    return "executed in physics just now: GOAL MISSED"


def _is_meant(pair: Pair, item: SceneObject) -> bool:
    if pair.kind == PLAN:
        goal = read_goal(pair.goal, pair.scene)
        return item.name in TASKS[goal.task].involved(pair.scene, goal.slots)
    text, options = split_options(pair.instruction)
    named = f"{text} {options.get(pair.answer, pair.answer)}"
    x, y, _ = item.position
    spots = _SPOT.findall(text)
    at_spot = (str(to_millimetres(x)), str(to_millimetres(y))) in spots
    return at_spot or re.search(rf"\b{item.name}\b", named) is not None
