import itertools
import re

import numpy as np
import pytest

from qa_generator.language import say as saying
from qa_generator.language import words
from qa_generator.language.families import FAMILIES
from qa_generator.language.say import say
from qa_generator.language.styles import style_of, unseen_words
from qa_generator.language.templates import Family
from qa_generator.tasks import TASKS
from scene_renderer.sampler import sample_scene

COMMON = [name for name in FAMILIES if name not in ("sort_one", "harm")]
VERB = re.compile(r"\[(\w+)(\+?)\]")


def wordings(family: Family, style: words.Style) -> set[str]:
    """Every wording of a style, with placeholders for what is meant: no slips, no capitals."""

    def of(choices: words.Words) -> tuple[str, ...]:
        return choices.seen if style == "seen" else choices.all

    found = set()
    for template in of(family.commands):
        for command in conjugated(template, style):
            found |= {command, *(polite.format(vp=command) for polite in of(words.POLITE))}
    for template in of(family.statements):
        found |= set(conjugated(template, style))
    return found


def conjugated(template: str, style: words.Style) -> list[str]:
    slots = VERB.findall(template)
    choices = [words.VERBS[name].seen for name, _ in slots]
    if style == "unseen":
        choices = [words.VERBS[name].all for name, _ in slots]
    texts = []
    for verbs in itertools.product(*choices):
        forms = iter(v.past if past else v.base for v, (_, past) in zip(verbs, slots, strict=True))
        texts.append(VERB.sub(lambda _, forms=forms: next(forms), template).replace("{", "<"))
    return [text.replace("}", ">") for text in texts]


@pytest.mark.parametrize("name", COMMON)
def test_a_family_has_three_hundred_wordings_and_more_that_training_never_shows(name):
    seen = wordings(FAMILIES[name], "seen")
    assert len(seen) >= 300
    assert len(wordings(FAMILIES[name], "unseen") - seen) >= 100


def test_no_template_is_of_both_styles():
    for name, family in FAMILIES.items():
        for choices in (family.commands, family.statements):
            assert not set(choices.seen) & set(choices.unseen), name
    for choices in (words.POLITE, words.JOINS, words.JOINS_THREE, words.FOREIGN, words.SMALL_TALK):
        assert choices.seen
        assert choices.unseen
        assert not set(choices.seen) & set(choices.unseen)


@pytest.mark.parametrize("task", [name for name in TASKS if name != "refuse"])
def test_styles_share_no_template_and_training_no_unseen_word(task):
    for style in ("seen", "unseen"):
        said = list(sentences(task, style))
        assert said
        assert {style_of(s.template) for s in said} == {style}
        if style == "seen":
            assert not any(unseen_words(s.text) for s in said)


def test_most_unseen_sentences_hold_a_synonym_that_training_never_shows():
    said = [s for task in ("lift", "stack", "place_beside") for s in sentences(task, "unseen")]
    assert sum(bool(unseen_words(s.text)) for s in said) > 0.5 * len(said)


def sentences(task, style):
    for index in range(24):
        scene = sample_scene(3, "train", index)
        rng = np.random.default_rng(index)
        drawn = TASKS[task].sample(scene, rng, style)
        if drawn is not None:
            yield say(scene, task, drawn.goal.slots, rng, style)


def test_what_is_not_a_template_has_no_style():
    assert style_of("gibberish") is None
    assert style_of("") is None


@pytest.mark.parametrize("seed", range(30))
def test_a_slip_changes_one_word_by_one_letter_or_two(seed):
    text = "put the yellow cylinder onto the orange bottle"
    wrong = saying.slip(text, np.random.default_rng(seed))
    changed = [(a, b) for a, b in zip(text.split(), wrong.split(), strict=True) if a != b]
    assert len(changed) == 1
    assert all(abs(len(a) - len(b)) <= 1 and a[0] == b[0] for a, b in changed)


def test_short_words_are_never_mistyped(rng):
    assert saying.slip("put it on the red cube", rng) == "put it on the red cube"
