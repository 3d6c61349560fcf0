import json
import os
import signal

import pytest
import torch

from finetune import loop
from finetune.loop import METRICS, LoopConfig, fit
from finetune.runs import STATE
from scene_renderer.errors import CheckpointError, OutputError, UsageError

STEPS = LoopConfig(steps=12, learning_rate=0.05, warmup=3, validate_every=5)


class Memory:
    """Counts the batches that were looked at."""

    def __init__(self):
        self.seen = 0

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state):
        self.seen = state["seen"]


class CrashError(Exception):
    """Stands for a crash."""


def build_model(width=4):
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(width, 8), torch.nn.Linear(8, 1))


def learn(folder, config=STEPS, model=None, stop=None, memory=None, **options):
    """Fits a model to the sum of its inputs; `stop` is (step, what to do before it)."""
    model = model or build_model()
    memory = memory or Memory()

    def loss_at(step):
        memory.seen += 1
        inputs = torch.rand(16, model[0].in_features, generator=torch.Generator().manual_seed(step))
        if stop is not None and step == stop[0]:
            stop[1]()
        return (model(inputs).squeeze(-1) - inputs.sum(-1)).square().mean()

    fit(model, loss_at, config, folder, what="learn", memory=memory, quiet=True, **options)
    return [p.detach().clone() for p in model.parameters()], memory


def crash():
    raise CrashError


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return learn(tmp_path_factory.mktemp("whole"))


def assert_same(result, expected):
    for ours, theirs in zip(result[0], expected[0], strict=True):
        assert torch.equal(ours, theirs)
    assert result[1].seen == expected[1].seen


def test_the_loss_falls(uninterrupted):
    model = build_model()
    with torch.no_grad():
        inputs = torch.rand(64, 4)
        before = (model(inputs).squeeze(-1) - inputs.sum(-1)).square().mean()
        for parameter, value in zip(model.parameters(), uninterrupted[0], strict=True):
            parameter.copy_(value)
        assert (model(inputs).squeeze(-1) - inputs.sum(-1)).square().mean() < before / 4


def test_after_ctrl_c_a_run_goes_on_to_the_same_bits(tmp_path, uninterrupted):
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, stop=(7, press_ctrl_c))
    assert torch.load(tmp_path / STATE, weights_only=True)["step"] == 8  # a step is never cut
    assert_same(learn(tmp_path), uninterrupted)


def test_a_crashed_run_goes_on_from_the_last_save_to_the_same_bits(
    tmp_path, uninterrupted, monkeypatch
):
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    with pytest.raises(CrashError):
        learn(tmp_path, stop=(9, crash))
    assert torch.load(tmp_path / STATE, weights_only=True)["step"] == 9
    assert_same(learn(tmp_path), uninterrupted)


def test_a_save_that_was_killed_leaves_the_older_state(tmp_path, uninterrupted):
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, stop=(4, press_ctrl_c))
    whole = (tmp_path / STATE).read_bytes()
    (tmp_path / f".{STATE}.tmp").write_bytes(whole[: len(whole) // 2])
    assert_same(learn(tmp_path), uninterrupted)
    assert [p.name for p in tmp_path.iterdir()] == [STATE]


def test_a_full_disk_is_told_and_leaves_the_older_state(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, stop=(4, press_ctrl_c))
    whole = (tmp_path / STATE).read_bytes()

    def fill(state, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", fill)
    with pytest.raises(OutputError, match="No space left"):
        learn(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [STATE]
    assert (tmp_path / STATE).read_bytes() == whole


def test_a_finished_run_is_not_trained_again(tmp_path, uninterrupted):
    learn(tmp_path)
    told = []
    again = learn(tmp_path, validate=lambda: {"x": 1.0}, on_validated=lambda s, f: told.append(s))
    assert_same(again, uninterrupted)
    assert told == [12]  # yet judged: it may have been stopped before that


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04broken"])
def test_a_broken_state_is_one_sentence(tmp_path, content):
    (tmp_path / STATE).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"does not fit this run: .*Give --overwrite") as told:
        learn(tmp_path)
    assert "\n" not in str(told.value)


def test_the_state_of_another_model_is_refused(tmp_path):
    learn(tmp_path)
    with pytest.raises(CheckpointError, match="does not fit this run"):
        learn(tmp_path, model=build_model(width=6))


def test_a_run_goes_on_with_the_same_settings_only(tmp_path):
    learn(tmp_path, settings={"batch": 4, "learning_rate": 0.1})
    with pytest.raises(CheckpointError, match=r"begun with learning rate 0\.1, not 0\.2\. Give"):
        learn(tmp_path, settings={"batch": 4, "learning_rate": 0.2})
    learn(tmp_path, settings={"batch": 4, "learning_rate": 0.1})


def test_a_state_without_settings_is_gone_on_with(tmp_path, uninterrupted):
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, stop=(7, press_ctrl_c))
    state = torch.load(tmp_path / STATE, weights_only=True)
    del state["settings"]
    torch.save(state, tmp_path / STATE)
    assert_same(learn(tmp_path, settings={"batch": 4}), uninterrupted)


def test_a_state_that_would_run_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "trapped"),))

    torch.save({"trained": Trap()}, tmp_path / STATE)
    with pytest.raises(CheckpointError, match="does not fit this run"):
        learn(tmp_path)
    assert not (tmp_path / "trapped").exists()


def test_validations_are_told_and_logged(tmp_path):
    told = []
    learn(
        tmp_path / "new",
        validate=lambda: {"exact": len(told) / 100},
        on_validated=lambda step, figures: told.append((step, figures["exact"])),
    )
    assert told == [(5, 0.0), (10, 0.01), (12, 0.02)]
    lines = [json.loads(line) for line in (tmp_path / "new" / METRICS).read_text().splitlines()]
    assert [(line["step"], line["exact"]) for line in lines] == told
    assert 0 < lines[0]["minutes"] < lines[2]["minutes"] < 1


def test_time_ends_a_run(tmp_path):
    taken = []

    def loss_at(step):
        taken.append(step)
        return model(torch.ones(1, 4)).sum()

    model = build_model()
    steps = fit(model, loss_at, LoopConfig(10**6, minutes=0.3 / 60), tmp_path, what="x", quiet=True)
    assert 1 <= steps < 10**6
    assert taken == list(range(steps))


def test_frozen_parameters_stay(tmp_path):
    model = build_model()
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    weights, _ = learn(tmp_path, model=model)
    assert torch.equal(weights[0], before)
    assert not torch.equal(weights[2], build_model()[1].weight)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"steps": 0}, "at least one step"),
        ({"steps": 5, "minutes": 0.0}, "more than 0 minutes"),
        ({"steps": 5, "minutes": -1.0}, "more than 0 minutes"),
        ({"steps": 5, "learning_rate": 0.0}, "A learning rate of 0.0 cannot work"),
        ({"steps": 5, "learning_rate": 3.0}, "A learning rate of 3.0 cannot work"),
    ],
)
def test_settings_that_cannot_work_are_refused(values, words):
    with pytest.raises(UsageError, match=words):
        LoopConfig(**values)


def test_the_learning_rate_rises_and_falls():
    config = LoopConfig(100, learning_rate=0.01, warmup=10)
    rates = [config.rate(step, step / 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.001, rel=0.01)
    assert max(rates) == pytest.approx(0.01, rel=0.05)
    assert rates.index(max(rates)) == 9
    assert config.rate(100, 1.0) == config.rate(200, 1.7) == pytest.approx(0.0005)
