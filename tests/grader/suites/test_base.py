from collections.abc import Callable

import pytest

from grader.suites.base import Paired, Suite, falls, mcnemar, report_suite, tell_apart
from grader.suites.registry import SUITES

Pair = Callable[..., Paired]


def suite(**more: bool) -> Suite:
    return Suite("novel", "New.", lambda cases, seed: [], 1, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (1, 2, 1.0), (8, 1, 20 / 512)],
)
def test_p_equals_the_hand_computed_sign_test(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == mcnemar(gained, lost) == pytest.approx(p)


def test_a_scene_counts_once_however_many_contexts_lose_it(pair: Pair) -> None:
    """Scene a loses two and gains one, so it is lost; b is even; c is gained."""
    pairs = [
        pair("x", True, False, scene="a"),
        pair("x", True, False, scene="a"),
        pair("x", False, True, scene="a"),
        pair("x", True, False, scene="b"),
        pair("x", False, True, scene="b"),
        pair("x", False, True, scene="c"),
    ]
    assert tell_apart(pairs) == {"lost": 3, "gained": 3, "p": mcnemar(1, 1)}
    thrice = [pair("x", True, False, scene=s) for s in "abcde" for _ in range(3)]
    assert tell_apart(thrice) == {"lost": 15, "gained": 0, "p": 2 / 2**5}
    assert falls(thrice) is None, "five scenes are too few to tell"
    assert falls([*thrice, pair("x", True, False, scene="f")]) is True


def test_an_arm_is_told_by_context_too(pair: Pair) -> None:
    pairs = [pair("mild", True, i > 0, scene=str(i)) for i in range(4)]
    (arm,) = report_suite(suite(), pairs)["variants"]
    assert (arm["retention"], arm["lost"], arm["gained"], arm["p"]) == (0.75, 1, 0, 1.0)
    named = arm["by_context"]["named"]
    assert (named["varied"]["k"], named["lost"], named["gained"], named["p"]) == (3, 1, 0, 1.0)


def test_nothing_is_kept_or_lost_where_another_wish_is_asked(pair: Pair) -> None:
    (arm,) = report_suite(suite(same_wish=False), [pair("swapped", True, False)])["variants"]
    assert set(arm) == {"variant", "clean", "varied", "by_context"}
    assert set(arm["by_context"]["named"]) == {"clean", "varied"}


def test_the_suites_of_other_wishes_say_so() -> None:
    assert {name for name, s in SUITES.items() if not s.same_wish} == {"instruction", "refusals"}
