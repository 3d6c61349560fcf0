"""Random plans, for tests."""

from hypothesis import strategies as st

from scene_renderer.plan import ACTIONS, MAX_ACTIONS, Action, Plan
from scene_renderer.plan_forms import LARGEST
from scene_renderer.vocabulary import REFUSAL_REASONS

NUMBERS = st.integers(-LARGEST, LARGEST)


def actions() -> st.SearchStrategy[Action]:
    """Any action but `refuse`."""
    names = [name for name in ACTIONS if name != "refuse"]
    return st.sampled_from(names).flatmap(
        lambda name: st.tuples(*[NUMBERS] * len(ACTIONS[name])).map(lambda a: Action(name, a))
    )


def plans() -> st.SearchStrategy[Plan]:
    """Any plan."""
    refusals = st.sampled_from(REFUSAL_REASONS).map(lambda r: Plan((Action("refuse", (r,)),)))
    doing = st.lists(actions(), min_size=1, max_size=MAX_ACTIONS).map(lambda a: Plan(tuple(a)))
    return st.one_of(doing, refusals)
