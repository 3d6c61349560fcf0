import pytest

from scene_renderer.intervals import (
    clustered,
    design_effect,
    newcombe_paired,
    wilson,
)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Newcombe 1998, paired, table II: method 10.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((20, 12, 2, 16), 0.0562, 0.3292),
        ((0, 0, 0, 0), -1.0, 1.0),
        # One pair that differs: 1 - sqrt(0.79345^2 + 0.79345^2) and 1.
        ((0, 1, 0, 0), -0.12211, 1.0),
        # One pair alike: phi is 0, as a margin is; Wilson's half widths both ways.
        ((1, 0, 0, 0), -0.79345, 0.79345),
        # All alike, 53 and 1: phi is (53 - 27) / 53.
        ((53, 0, 0, 1), -0.07294, 0.07294),
    ],
)
def test_the_interval_of_paired_shares_is_the_published_one(
    table: tuple[int, int, int, int], low: float, high: float
) -> None:
    assert newcombe_paired(*table) == pytest.approx((low, high), abs=1e-4)


def test_the_paired_interval_turns_round_with_its_pairs() -> None:
    low, high = newcombe_paired(20, 12, 2, 16)
    assert newcombe_paired(20, 2, 12, 16) == pytest.approx((-high, -low))


def test_clusters_of_one_change_nothing() -> None:
    for values in ([], [0.0], [1.0], [1.0, 0.0, 1.0], [1.0] * 7):
        found = clustered(values, range(len(values)))
        assert found == pytest.approx(wilson(sum(values), len(values)), abs=1e-12)


def test_clusters_that_agree_count_once_each() -> None:
    # Scatter 1 * 4/3; between clusters (1 + 1) * 2/1; effect 3, so 4 values tell as much as 4/3.
    values, scenes = [1.0, 1.0, 0.0, 0.0], "aabb"
    assert design_effect(values, scenes) == pytest.approx(3.0)
    assert clustered(values, scenes) == pytest.approx((0.06920, 0.93080), abs=1e-5)


def test_where_nothing_scatters_a_cluster_counts_as_one_value() -> None:
    assert clustered([1.0] * 6, "aabbcc") == pytest.approx(wilson(3, 3))
    assert clustered([0.0, 0.0, 0.0], "aaa") == pytest.approx(wilson(0, 1))
    assert design_effect([1.0, 0.0], "aa") == 2.0


def test_clusters_that_differ_within_never_narrow_the_interval() -> None:
    values, scenes = [1.0, 0.0, 1.0, 0.0], "aabb"
    assert design_effect(values, scenes) == 1.0
    assert clustered(values, scenes) == pytest.approx(wilson(2, 4))
