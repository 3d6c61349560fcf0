import pytest

from grader.metrics import Rate
from grader.plots import (
    BINS,
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    choose_ticks,
    histogram,
    latency_histogram,
    noise_curve,
    reliability_diagram,
    risk_coverage,
    throughput_curve,
    x_axis,
    y_axis,
)


def test_an_axis_places_values_and_keeps_what_is_outside_at_its_ends() -> None:
    x, y = x_axis("mm", 0, 10), y_axis("%", 100)
    assert [x.place(v) for v in (0, 5, 10, 12)] == [LEFT, (LEFT + RIGHT) / 2, RIGHT, RIGHT]
    assert [y.place(v) for v in (0, 50, 100)] == [BOTTOM, (BOTTOM + TOP) / 2, TOP]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (0, 9, [0, 2, 4, 6, 8]),
        (143, 360, [150, 200, 250, 300, 350]),
        (0, 0.4, [0, 0.1, 0.2, 0.3, 0.4]),
        (2.5, 3.5, [2.6, 2.8, 3.0, 3.2, 3.4]),
    ],
)
def test_ticks_are_few_and_round(low: float, high: float, ticks: list[float]) -> None:
    assert choose_ticks(low, high) == ticks


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [1.0, 2.0, 9.0]])
def test_a_histogram_holds_every_value(values: list[float]) -> None:
    low, width, counts = histogram(values)
    assert low == min(values)
    assert sum(counts) == len(values)
    assert low + BINS * width >= max(values)


def test_a_reliability_diagram_has_a_dot_for_every_bin_that_holds_answers() -> None:
    full = {"low": 0.5, "high": 0.75, "n": 4, "confidence": 0.6, "success": Rate(1, 4).to_dict()}
    none = {"low": 0.0, "high": 0.5, "n": 0, "confidence": None, "success": Rate(0, 0).to_dict()}
    chart = reliability_diagram({"bins": [none, full]})
    assert chart is not None
    (dot,) = chart.dots
    assert (dot.x, dot.y) == (chart.x.place(60), chart.y.place(25))
    assert dot.title == "confidence 60 %: 25.0 % [5 to 70], 1 of 4"
    assert reliability_diagram({"bins": [none]}) is None
    assert reliability_diagram({}) is None


def test_the_band_of_risk_narrows_as_more_answers_are_kept() -> None:
    curve = [{"coverage": 0.01, "risk": 0.0}, {"coverage": 1.0, "risk": 0.0}]
    chart = risk_coverage({"n": 100, "risk_coverage": curve})
    assert chart is not None
    band = next(path for path in chart.paths if path.role == "band")
    tops = [chart.y.place(100 * Rate(0, n).interval[1]) for n in (100, 1)]
    assert f"{tops[0]:g}L" in band.d
    assert band.d.endswith(f"{tops[1]:g}Z")
    assert risk_coverage({"n": 0, "risk_coverage": []}) is None


def test_a_risk_without_its_n_has_no_band() -> None:
    chart = risk_coverage({"risk_coverage": [{"coverage": 1.0, "risk": 0.5}]})
    assert chart is not None
    assert {path.role for path in chart.paths} == {"guide", "line"}


def test_noise_is_drawn_by_strength_and_without_what_has_no_cases() -> None:
    points = [
        {"mm": 20, "success": Rate(1, 4).to_dict()},
        {"mm": 5, "success": Rate(0, 0).to_dict()},
        {"mm": 0, "success": Rate(4, 4).to_dict()},
    ]
    chart = noise_curve(points)
    assert chart is not None
    assert [(d.x, d.y) for d in chart.dots] == [(LEFT, TOP), (RIGHT, chart.y.place(25))]
    assert [text for _, text in chart.x.ticks] == ["0", "20"]
    assert noise_curve([]) is None


def test_batch_sizes_that_double_stand_equally_far_apart() -> None:
    points = [{"batch_size": n, "plans_per_second": n} for n in (4, 1, 2)]
    chart = throughput_curve(points)
    assert chart is not None
    first, second, third = (dot.x for dot in chart.dots)
    assert second - first == pytest.approx(third - second)
    assert throughput_curve(points[:1]) is None


def test_latency_is_drawn_with_the_percentiles_that_there_are() -> None:
    chart = latency_histogram({"samples": [10.0, 20.0, 30.0], "p50": 20.0, "p99": 29.8})
    assert chart is not None
    assert [t.text for t in chart.texts] == ["p50", "p99"]
    assert [t.anchor for t in chart.texts] == ["start", "end"]
    assert sum(path.role == "bar" for path in chart.paths) == 3
    assert latency_histogram({"samples": []}) is None
