import re

from qa_generator.instructions import sample_instructions
from qa_generator.language import say
from qa_generator.language.styles import WORDLESS
from qa_generator.lexicon import lexicon
from qa_generator.prompt import build_prompt, observe
from qa_generator.questions import KINDS, caption, sample_questions
from scene_renderer.plan import format_plan

WORDED = ("pick_and_place", "lift", "move_left", "stack", "refuse")


def test_lexicon_holds_every_word_of_prompts_and_answers(scene, rng, monkeypatch):
    monkeypatch.setattr(say, "SLIP", 0)
    questions = [*sample_questions(scene, rng, KINDS * 20), caption(scene)]
    texts = [t for q in questions for t in (q.question, q.answer)]
    for style in ("seen", "unseen"):
