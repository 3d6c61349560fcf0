import numpy as np

from grader.cases import Case, ask
from grader.speed import MOST_ANSWERS, measure_speed
from vlm.model import LoadedModel
from vlm.policy import Policy


def test_latency_tells_how_many_answers_it_is_from_and_names_the_model(
    lift: Case, loaded: LoadedModel
) -> None:
    policy = Policy(loaded)
    policy.name = "a short name"
    image = np.zeros((policy.image_size, policy.image_size, 3), np.uint8)
    speed = measure_speed(policy, [ask(lift, image)] * 3, 2)
    latency = speed["latency_ms"]
    assert latency["n"] == len(latency["samples"]) == 3 < MOST_ANSWERS
    assert latency["p50"] <= latency["p95"] <= latency["p99"]
    assert speed["model"]["source"] == "a short name"
