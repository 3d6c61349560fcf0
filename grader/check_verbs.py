"""What `selftest`, `questions` and `calibrate` of `python -m grader` take and do.

What is heavy is imported where it is needed, so that help is instant.
"""

import argparse

from scene_renderer.console import (
    EXIT_THRESHOLD,
    Parser,
    natural,
    note,
    one_of,
    positive,
    print_json,
)
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CONTEXTS

VERBS = ("selftest", "questions", "calibrate")
"""None writes a report, so none has anything to go on with."""

SELFTEST = """  python -m grader selftest
  python -m grader selftest --count 112 --seed 1 --json"""

QUESTIONS = """  python -m grader questions
  python -m grader questions checkpoints/tiny-base --count 40
  python -m grader questions --blank --json"""


CALIBRATE = """  python -m grader calibrate
  python -m grader calibrate checkpoints/run-001 --count 100"""


def add_selftest_options(verb: Parser) -> None:
    """Adds what `selftest` takes."""
    _add_common(verb)
    verb.add_argument(
        "--count", type=positive, default=56, metavar="N", help="cases (default: %(default)s)"
    )
    _add_workers(verb)


def add_questions_options(verb: Parser) -> None:
    """Adds what `questions` takes."""
    verb.add_argument("path", nargs="?", help="folder, short name or hub id of the model")
    _add_common(verb)
    verb.add_argument(
        "--count",
        type=positive,
        default=100,
        metavar="N",
        help="questions of each kind (default: %(default)s)",
    )
    verb.add_argument(
        "--split",
        type=one_of("split", SPLITS),
        default="test",
        help="where scenes are drawn from (default: %(default)s)",
    )
    verb.add_argument(
        "--context",
        type=one_of("context", CONTEXTS),
        default="image",
        help=f"of {', '.join(CONTEXTS)} (default: %(default)s, where only looking helps)",
    )
    verb.add_argument(
        "--blank", action="store_true", help="show a grey picture instead: what guessing gets"
    )
    _add_device(verb)
    verb.add_argument(
        "--batch-size",
        type=positive,
        default=32,
        metavar="N",
        help="questions at a time (default: %(default)s)",
    )


def add_calibrate_options(verb: Parser) -> None:
    """Adds what `calibrate` takes."""
    verb.add_argument("path", nargs="?", help="folder of the checkpoint (default: newest run)")
    _add_common(verb)
    verb.add_argument(
        "--count",
        type=positive,
        default=80,
        metavar="N",
        help="draws, each asked in every context (default: %(default)s)",
    )
    _add_device(verb)
    _add_workers(verb)


def _add_device(verb: Parser) -> None:
    verb.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")


def _add_workers(verb: Parser) -> None:
    verb.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="processes that execute plans (default: one for each CPU)",
    )


def _add_common(verb: Parser) -> None:
    verb.add_argument(
        "--seed", type=natural, default=0, help="of the sample (default: %(default)s)"
    )
    verb.add_argument("--json", action="store_true", help="print one JSON document")
    verb.add_argument("--quiet", action="store_true", help="show no progress")
    verb.set_defaults(resume=False, overwrite=False)


def selftest(options: argparse.Namespace) -> int | None:
    """Grades impostors; exit code 3 if one does not get what it deserves."""
    from grader.crew import Crew
    from grader.selftest import format_trials, is_passed, report_trials, try_impostors

    with Crew(options.workers) as crew:
        trials = try_impostors(crew, options.seed, options.count, options.quiet)
    if options.json:
        print_json(report_trials(trials, options.seed, options.count))
    else:
        print(format_trials(trials))
    if is_passed(trials):
        return None
    note("The grader cannot be trusted: somebody did not get what they deserve.")
    return EXIT_THRESHOLD


def questions(options: argparse.Namespace) -> None:
    """Asks a model the five kinds of questions."""
    from grader.find import find_checkpoint, load_subject
    from grader.questions import format_questions
    from grader.quiz import Quiz, measure_questions

    policy = load_subject(options.path or find_checkpoint(), options.device)
    quiz = Quiz(
        options.seed,
        options.count,
        options.split,
        options.context,
        options.blank,
        options.batch_size,
    )
    marks = measure_questions(policy, quiz, quiet=options.quiet)
    if options.json:
        print_json({"checkpoint": policy.name, **marks})
    else:
        print(format_questions(policy.name, marks))


def calibrate(options: argparse.Namespace) -> None:
    """Fits a checkpoint's confidence and keeps it in its `tablehand.json`."""
    from pathlib import Path

    from grader.calibrate import calibrate as fit
    from grader.find import find_checkpoint
    from scene_renderer.errors import CheckpointError
    from vlm.bundle import is_bundle
    from vlm.config import resolve_base
    from vlm.model import read_metadata
    from vlm.policy import load_policy

    path = options.path or find_checkpoint()
    if is_bundle(path):
        raise CheckpointError(f"'{path}' is a bundle; calibrate its folder and bundle that again.")
    folder = Path(resolve_base(path))
    read_metadata(folder)  # told before anything is loaded
    policy = load_policy(str(folder), options.device)
    found = fit(folder, policy, options.count, options.seed, options.workers, options.quiet)
    if options.json:
        print_json({"checkpoint": str(folder), **found})
        return
    before, after = found["before"], found["after"]
    print(
        f"{folder}: ECE {before['ece']:.3f} before, {after['ece']:.3f} after; Brier "
        f"{before['brier']:.3f} before, {after['brier']:.3f} after; "
        f"of the {found['answers']} answers that it was fitted on"
    )
