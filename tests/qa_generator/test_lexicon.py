import re

from qa_generator.instructions import sample_instructions
from qa_generator.language import say
from qa_generator.language.styles import WORDLESS
from qa_generator.lexicon import lexicon
from qa_generator.prompt import build_prompt, observe
from qa_generator.questions import KINDS, caption, sample_questions
from scene_renderer.plan import format_plan


def test_lexicon_holds_every_word_of_prompts_and_answers(scene, rng, monkeypatch):
    monkeypatch.setattr(say, "SLIP", 0)
    questions = [*sample_questions(scene, rng, KINDS * 20), caption(scene)]
    texts = [t for q in questions for t in (q.question, q.answer)]
    for style in ("seen", "unseen"):
        drawn = sample_instructions(scene, rng, 40, style)
        drawn = [i for i in drawn if i.template not in WORDLESS]
        texts += [t for i in drawn for t in (i.text.lower(), format_plan(i.goal.oracle(scene)))]
    texts += [build_prompt(observe(scene, None, c, rng), "") for c in ("named", "unnamed")]
    words = {word for text in texts for word in re.findall(r"[a-z_]+", text)}
    assert words <= set(lexicon())


def test_lexicon_is_sorted_and_holds_no_slots():
    assert lexicon() == sorted(set(lexicon()))
    assert not {"tsil", "vp"} & set(lexicon())
