"""What every suite that changes the words draws from: a split's style, and a stream of its own."""

import zlib

import numpy as np

from grader.cases import CUSTOM, Case
from qa_generator.language.words import Style
from scene_renderer.splits import find_split


def style_of(case: Case) -> Style:
    """Returns the style in which the instructions of a case's split are worded."""
    return "seen" if case.split == CUSTOM else find_split(case.split).wordings


def rng_of(case: Case, suite: str, seed: int) -> np.random.Generator:
    """Returns a stream that is the same in every context of one draw, whichever are asked."""
    draw = f"{case.scene.id}\n{case.instruction}"
    return np.random.default_rng([seed, zlib.crc32(suite.encode()), zlib.crc32(draw.encode())])
