"""Fits a checkpoint's confidence to its success in physics on split `valid`."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from grader.calibration import brier_score, calibration_error
from grader.cases import ask
from grader.crew import Crew
from grader.exam import Exam, collect_draws
from grader.metrics import Outcome
from grader.rollout import Arena, roll_out
from grader.studio import Studio
from qa_generator.tasks import tasks_of
from scene_renderer.console import Progress, write_whole
from scene_renderer.errors import CheckpointError
from scene_renderer.vocabulary import CONTEXTS
from vlm.calibration import fit_calibration
from vlm.model import METADATA, read_metadata
from vlm.policy import Policy

SPLIT = "valid"

Json = dict[str, Any]


def calibrate(
    folder: Path, policy: Policy, count: int, seed: int, workers: int | None, quiet: bool = False
) -> Json:
    """Answers cases, executes the plans, fits a calibration and keeps it in the checkpoint.

    Args:
        folder: the checkpoint's.
        policy: it, loaded; what it says from now on is calibrated.
        count: draws, each asked in every context.
        seed: of the draws.
        workers: processes that execute plans; None for one for each CPU.
        quiet: no progress.

    Returns:
        `{"slope", "shift", "answers", "before": {"ece", "brier"}, "after": {"ece", "brier"}}`, of
        the answers that it was fitted on.

    Raises:
        CheckpointError: if the folder is no checkpoint of ours, or no plan could be executed.
    """
    policy.loaded = dataclasses.replace(policy.loaded, calibration=None)
    told = [
        (o.confidence, o.success)
        for o in _roll_out(policy, count, seed, workers, quiet)
        if o.confidence is not None and o.success is not None
    ]
    if not told:
        raise CheckpointError(f"No answer of '{folder}' could be executed, so nothing was fitted.")
    sure, right = [c for c, _ in told], [s for _, s in told]
    found = fit_calibration(sure, right)
    metadata = read_metadata(folder)
    write_whole(
        folder / METADATA, json.dumps(metadata | {"calibration": found.to_dict()}, indent=2) + "\n"
    )
    policy.loaded = dataclasses.replace(policy.loaded, calibration=found)
    after = [found.confidence(c) for c in sure]
    return {
        **found.to_dict(),
        "before": {"ece": calibration_error(sure, right), "brier": brier_score(sure, right)},
        "after": {"ece": calibration_error(after, right), "brier": brier_score(after, right)},
    }


def _roll_out(
    policy: Policy, count: int, seed: int, workers: int | None, quiet: bool
) -> list[Outcome]:
    exam = Exam(SPLIT, seed, count, tuple(tasks_of(SPLIT)), CONTEXTS)
    outcomes: list[Outcome] = []
    with Crew(workers) as crew:
        draws = collect_draws(exam, None, crew, quiet)
        cases = [case for draw in draws for case in draw.cases]
        studio, arena = Studio(crew), Arena(crew)
        studio.reserve(cases, policy.image_size)
        studio.prepare(cases, policy.image_size)
        asked = [ask(case, studio.look(case, policy.image_size)) for case in cases]
        with Progress("calibrating", len(asked), "answers", quiet) as progress:
            for found in roll_out(policy, asked, arena, exam.batch_size):
                outcomes += found
                progress.advance(len(found))
    return outcomes
