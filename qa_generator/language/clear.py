"""`say_clearly`: words a goal such that an independent reader understands the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qa_generator.language.resolver import meaning_of, understand
from qa_generator.language.say import Sentence, say
from qa_generator.language.words import Style
from scene_renderer.scene import Scene

TRIES = 6
"""How often a goal is worded anew before it is given up."""


def say_clearly(
    scene: Scene,
    task: str,
    slots: Mapping[str, Any],
    rng: np.random.Generator,
    style: Style,
    *,
    with_slips: bool = True,
) -> Sentence | None:
    """Words a goal.

    Args:
        scene: what is on the table.
        task: a word from `TASKS`, but not `refuse`.
        slots: the goal's.
        rng: draws.
        style: `seen`, or `unseen` for templates and synonyms that training never shows.
        with_slips: whether a word may be mistyped.

    Returns:
        None where the reader (`resolver.py`) took every wording for something else.
    """
    meaning = meaning_of(scene, task, slots)
    for _ in range(TRIES):
        sentence = say(scene, task, slots, rng, style, with_slips=with_slips)
        if understand(scene, sentence.text) == meaning:
            return sentence
    return None
