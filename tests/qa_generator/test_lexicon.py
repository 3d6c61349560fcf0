import re

from qa_generator.instructions import sample_instructions
from qa_generator.lexicon import lexicon
from qa_generator.prompt import build_prompt, observe
from qa_generator.questions import KINDS, caption, sample_questions
from scene_renderer.plan import format_plan

WORDED = ("pick_and_place", "lift", "move_left", "stack", "refuse")


def test_lexicon_holds_every_word_of_prompts_and_answers(scene, rng):
    questions = [*sample_questions(scene, rng, KINDS * 20), caption(scene)]
    texts = [t for q in questions for t in (q.question, q.answer)]
    for style in ("seen", "unseen"):
        drawn = sample_instructions(scene, rng, 40, style, WORDED)
        texts += [t for i in drawn for t in (i.text, format_plan(i.goal.oracle(scene)))]
    texts += [build_prompt(observe(scene, None, c, rng), "") for c in ("named", "unnamed")]
    words = {word for text in texts for word in re.findall(r"[a-z_]+", text)}
    assert words <= set(lexicon())


def test_lexicon_is_sorted_and_holds_no_slots():
    assert lexicon() == sorted(set(lexicon()))
    assert not {"b", "things", "distance", "direction"} & set(lexicon())
