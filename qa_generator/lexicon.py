"""Every word that prompts, instructions, questions, answers and plans are made of."""

import re

from qa_generator import prompt, questions
from qa_generator.language.styles import all_texts
from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.plan import ACTIONS
from scene_renderer.vocabulary import COLORS, REFUSAL_REASONS, SIDE_WORDS, SIZE_WORDS

_SLOT = re.compile(r"\{\w+\}")
_WORD = re.compile(r"[a-z_]+")


def lexicon() -> list[str]:
    """Returns all words in alphabetical order; a tokenizer trained on them splits none."""
    texts = [
        *all_texts(),
        *questions.TEMPLATES.values(),
        *map(plural, SHAPES),
        *COLORS,
        *SHAPES,
        *SIZE_WORDS,
        *SIDE_WORDS,
        *questions.YES_NO,
        *questions.LETTERS,
        questions.ABSENT,
        questions.CAPTION_REQUEST,
        f"or {prompt.GRIPPER_LABEL} {prompt.UNNAMED_LABEL} objects cm mm",
        *ACTIONS,
        *REFUSAL_REASONS,
    ]
    return sorted({word for text in texts for word in _WORD.findall(_SLOT.sub(" ", text))})
