from collections import Counter

from qa_generator.pairs import PLAN, QUESTION, Recipe, make_pairs
from qa_generator.questions import KINDS
from qa_generator.tasks import read_goal
from scene_renderer.plan import format_plan


def test_pairs_are_a_function_of_seed_and_scene(scene):
    first, second = (list(make_pairs(scene, b"png", Recipe(questions=5))) for _ in range(2))
    assert first == second
    assert first != list(make_pairs(scene, b"png", Recipe(seed=1, questions=5)))


def test_a_scene_gives_the_wanted_number_of_instructions_and_questions(scene):
    pairs = list(make_pairs(scene, b"", Recipe(per_scene=6, questions=10, contexts=("image",))))
    assert Counter(p.kind for p in pairs) == {PLAN: 6, QUESTION: 10}
    assert Counter(p.task for p in pairs if p.kind == QUESTION) == dict.fromkeys(KINDS, 2)
    assert len({p.id for p in pairs}) == 16


def test_each_instruction_is_asked_in_each_context_behind_one_list(scene):
    pairs = list(make_pairs(scene, b"", Recipe(per_scene=6)))
    asked = Counter(p.instruction for p in pairs)
    assert asked == dict.fromkeys(asked, 3)
    for context in ("named", "unnamed", "image"):
        lists = {p.prompt.removesuffix(p.instruction) for p in pairs if p.context == context}
        assert len(lists) == 1


def test_the_answer_is_the_goal_s_oracle_plan(scene):
    for pair in make_pairs(scene, b"", Recipe(per_scene=8)):
        assert pair.answer == format_plan(read_goal(pair.goal, scene).oracle(scene))
        assert pair.prompt.endswith(f"\n{pair.instruction}")


def test_same_instructions_whatever_the_contexts(scene):
    texts = {
        tuple(p.instruction for p in make_pairs(scene, b"", Recipe(contexts=contexts)))
        for contexts in (("named",), ("image",))
    }
    assert len(texts) == 1
