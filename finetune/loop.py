"""The optimisation loop of pretraining and tuning, top to bottom in one function.

The batch of a step is a pure function of the step, and the training state is saved whole or not
at all, so a killed run goes on as if nothing had happened.
"""

import contextlib
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from finetune.runs import STATE
from scene_renderer.console import Progress, note
from scene_renderer.errors import CheckpointError, OutputError, UsageError
from vlm.model import first_line

METRICS = "metrics.jsonl"
SAVE_EVERY_SECONDS = 60.0
LOWEST_RATE = 0.05
"""The learning rate falls along a cosine to this share of its peak."""


@dataclass(frozen=True)
class LoopConfig:
    """How long and how fast to learn.

    Attributes:
        steps: most optimiser steps.
        minutes: most minutes of training, over all resumed runs together; None for no limit.
        learning_rate: peak, after the warm-up.
        warmup: steps in which the learning rate rises.
        weight_decay: AdamW's.
        validate_every: steps between validations.
    """

    steps: int
    minutes: float | None = None
    learning_rate: float = 1e-3
    warmup: int = 50
    weight_decay: float = 0.01
    validate_every: int = 200

    def __post_init__(self) -> None:
        if self.steps < 1 or (self.minutes is not None and self.minutes <= 0):
            raise UsageError("Training needs at least one step and more than 0 minutes.")
        if not 0 < self.learning_rate < 1:
            raise UsageError(f"A learning rate of {self.learning_rate} cannot work; try 0.001.")

    def rate(self, step: int, progress: float) -> float:
        """The learning rate at a step; `progress` is the share of the training that is over."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
        scale = LOWEST_RATE + (1 - LOWEST_RATE) * cosine
        return self.learning_rate * scale * min(1.0, (step + 1) / self.warmup)


def fit(
    model: torch.nn.Module,
    loss_at: Callable[[int], torch.Tensor],
    config: LoopConfig,
    folder: Path,
    *,
    what: str,
    validate: Callable[[], dict[str, float]] | None = None,
    on_validated: Callable[[int, dict[str, float]], None] | None = None,
    memory: Any = None,
    settings: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> int:
    """Minimises a loss.

    Resumes from the training state in `folder` if there is one.

    Args:
        model: whose parameters with `requires_grad` are trained.
        loss_at: step to the loss of that step's batch.
        config: how long and how fast.
        folder: where training state and metrics go.
        what: shown in the progress line.
        validate: returns figures; called every `validate_every` steps and at the end.
        on_validated: is told step and figures, with the `minutes` of training so far, to keep
            the best weights.
        memory: something with `state_dict` and `load_state_dict` to keep across resumes.
        settings: what a resumed run must have in common with the stopped one, as JSON values.
        quiet: show no progress.

    Returns:
        The number of steps done.

    Raises:
        CheckpointError: if the training state is broken, or of a run with other settings.
    """
    on_cpu = not torch.cuda.is_available()
    accelerator = Accelerator(mixed_precision="bf16", cpu=on_cpu)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
    )
    model, optimizer = accelerator.prepare(model, optimizer)
    step, elapsed = _load_state(folder, trained, optimizer, memory, settings or {})
    started = saved = time.monotonic() - elapsed
    limit = math.inf if config.minutes is None else 60 * config.minutes

    def state() -> dict[str, Any]:
        return {
            "trained": [p.detach() for p in trained],
            "optimizer": optimizer.state_dict(),
            "memory": memory.state_dict() if memory is not None else {},
            "settings": dict(settings or {}),
            "step": step,
            "elapsed": time.monotonic() - started,
        }

    validated = -1

    def check() -> None:
        nonlocal validated
        if validate is None or validated == step:
            return
        validated = step
        model.eval()
        figures = validate() | {"minutes": (time.monotonic() - started) / 60}
        model.train()
        _log(folder, step, figures)
        if not quiet:
            note(f"{what} step {step}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()))
        if on_validated is not None:
            on_validated(step, figures)

    model.train()
    total = config.steps if config.minutes is None else limit
    unit = "steps" if config.minutes is None else "seconds"
    done = step if config.minutes is None else elapsed
    with Progress(what, total, unit, quiet, done) as progress:
        try:
            while step < config.steps and (now := time.monotonic()) - started < limit:
                if step > 0 and step % config.validate_every == 0:
                    check()
                share = max(step / config.steps, (now - started) / limit)
                for group in optimizer.param_groups:
                    group["lr"] = config.rate(step, share)
                with _interrupt_afterwards():
                    with accelerator.autocast():
                        loss = loss_at(step)
                    accelerator.backward(loss)
                    accelerator.clip_grad_norm_(trained, 1.0)
                    optimizer.step()
                    optimizer.zero_grad()
                    step += 1
                done = step if config.minutes is None else time.monotonic() - started
                progress.advance(done - progress.done, f"loss {loss.item():.3f}")
                if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    _save_state(folder, state())
                    saved = time.monotonic()
        except KeyboardInterrupt:
            _save_state(folder, state())
            raise
    _save_state(folder, state())
    check()
    return step


@contextlib.contextmanager
def _interrupt_afterwards() -> Iterator[None]:
    """Lets Ctrl-C wait until the block is over: a step is done whole or not at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = []
    before = signal.signal(signal.SIGINT, lambda number, frame: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


def _save_state(folder: Path, state: dict[str, Any]) -> None:
    temporary = folder / f".{STATE}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(state, temporary)
        temporary.replace(folder / STATE)
    except (OSError, RuntimeError) as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OutputError(f"Cannot write the training state to '{folder}': {error}.") from error


def _load_state(
    folder: Path,
    trained: list[torch.nn.Parameter],
    optimizer: Any,
    memory: Any,
    settings: Mapping[str, Any],
) -> tuple[int, float]:
    """Restores everything from `folder` if a state is there; returns step and seconds so far."""
    path = folder / STATE
    if not path.exists():
        return 0, 0.0
    try:
        state = torch.load(path, weights_only=True)
        _check_settings(folder, state.get("settings", {}), settings)
        for parameter, value in zip(trained, state["trained"], strict=True):
            parameter.data.copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        if memory is not None:
            memory.load_state_dict(state["memory"])
    except CheckpointError:
        raise
    except Exception as error:  # torch raises many kinds for one cause: a foreign or broken file
        raise CheckpointError(
            f"The training state '{path}' does not fit this run: {first_line(error)}. "
            "Give --overwrite to start anew."
        ) from error
    return int(state["step"]), float(state["elapsed"])


def _check_settings(folder: Path, earlier: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    for key in sorted(earlier.keys() & settings.keys()):
        if earlier[key] != settings[key]:
            raise CheckpointError(
                f"The run in '{folder.parent}' was begun with {key.replace('_', ' ')} "
                f"{earlier[key]}, not {settings[key]}. Give that, --overwrite to start anew, or "
                "another --output."
            )


def _log(folder: Path, step: int, figures: dict[str, float]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / METRICS, "a") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
    except OSError as error:
        raise OutputError(f"Cannot write metrics to '{folder}': {error}.") from error
