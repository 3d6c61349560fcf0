"""The grader's own examination: impostors are graded, and each must get what it deserves.

They go through the pipeline that a model goes through: `roll_out`, strict and lenient reading,
physics, figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.cases import Question, ask, draw_cases
from grader.crew import Crew
from grader.impostors import Impostor, build_impostors
from grader.lies import truth
from grader.metrics import Outcome, success_rate
from grader.rollout import Arena, roll_out
from grader.table import align
from qa_generator.tasks import USUAL
from scene_renderer.console import Progress
from scene_renderer.environment import describe_environment
from scene_renderer.errors import TablehandError

Json = dict[str, Any]

COUNT = 56
"""Cases: two rounds of `ROUND`."""

ROUND = (*USUAL, *["refuse"] * 4, *["lift"] * 4)
"""The tasks take turns; more of those that an impostor could reach without knowing anything."""

_SENTENCE = "a sentence"


@dataclass(frozen=True)
class Trial:
    """What became of one impostor.

    Attributes:
        name: what it is called.
        what: what it says.
        n: how many cases it answered.
        expected: what it deserves, in a few words.
        got: what it got.
        faults: where these differ, a sentence each; empty if they agree.
    """

    name: str
    what: str
    n: int
    expected: str
    got: str
    faults: tuple[str, ...] = ()

    @property
    def is_tried(self) -> bool:
        """Whether there was a case to try it on."""
        return self.n > 0

    def to_dict(self) -> Json:
        """Returns what the report says of it."""
        return {**vars(self), "faults": list(self.faults), "ok": not self.faults}


def draw_questions(crew: Crew, seed: int, count: int) -> list[Question]:
    """Draws what the impostors are asked, in context `named`."""
    tickets = [crew.submit(draw_cases, "test", seed, i, ROUND, ("named",)) for i in range(count)]
    return [ask(case, None) for ticket in tickets for case in crew.result(ticket)]


def try_impostors(crew: Crew, seed: int, count: int, quiet: bool = True) -> list[Trial]:
    """Grades every impostor.

    Args:
        crew: who executes.
        seed: of the sample of cases.
        count: how many cases.
        quiet: no progress.
    """
    questions = draw_questions(crew, seed, count)
    impostors, arena = build_impostors(questions), Arena(crew)
    trials = []
    with Progress("self-test", len(impostors), "impostors", quiet) as progress:
        for impostor in impostors:
            trials.append(try_impostor(impostor, questions, arena))
            progress.advance()
    return trials


def try_impostor(impostor: Impostor, questions: Sequence[Question], arena: Arena) -> Trial:
    """Grades one impostor on the questions that it has an answer to."""
    asked = [q for q in questions if impostor.answers(q)]
    try:
        parts = roll_out(impostor.policy, asked, arena, max(1, len(asked)))
        outcomes = [outcome for part in parts for outcome in part]
    except TablehandError as error:
        return _stopped(impostor, asked, str(error))
    name = impostor.policy.name
    if impostor.stops:
        fault = "It was graded, although it cannot be."
        return Trial(name, impostor.what, len(asked), _SENTENCE, _told(outcomes), (fault,))
    faults = tuple(find_faults(impostor, asked, outcomes))
    expected = _due(impostor, asked, outcomes)
    return Trial(name, impostor.what, len(asked), expected, _told(outcomes), faults)


def _stopped(impostor: Impostor, asked: Sequence[Question], said: str) -> Trial:
    name = impostor.policy.name
    faults = []
    if not impostor.stops:
        faults.append(f"It could not be graded: {said}")
    if "\n" in said or not said.endswith(".") or name not in said:
        faults.append(f"It was not said in one sentence which policy is wrong and why: {said!r}.")
    expected = _SENTENCE if impostor.stops else _due(impostor, asked, [])
    return Trial(name, impostor.what, len(asked), expected, _SENTENCE, tuple(faults))


def find_faults(
    impostor: Impostor, asked: Sequence[Question], outcomes: Sequence[Outcome]
) -> list[str]:
    """Returns what an impostor got that it does not deserve, or the other way round."""
    pairs = list(zip(asked, outcomes, strict=True))
    faults = _misjudged(impostor, pairs)
    checks = {
        "was not run": [o.case for o in outcomes if o.success is None],
        "reached a goal without a plan": [o.case for o in outcomes if o.success and not o.valid],
        "is called exact and is not, or the other way round": [
            o.case for q, o in pairs if o.exact != (o.answer == truth(q))
        ],
        "is called a plan and is none, or the other way round": [
            o.case for o in outcomes if impostor.valid not in (None, o.valid)
        ],
        "was not mended, or to a plan that misses its goal": [
            o.case for o in outcomes if impostor.mends and not o.mended_success
        ],
        "has a confidence that is no share": [
            o.case for o in outcomes if o.confidence is not None and not 0 <= o.confidence <= 1
        ],
    }
    return faults + [f"{what}: {_list(cases)}." for what, cases in checks.items() if cases]


def _misjudged(impostor: Impostor, pairs: Sequence[tuple[Question, Outcome]]) -> list[str]:
    """Returns a sentence for goals that were reached and should not, and for the others."""
    if impostor.reaches is None:
        return []
    due = {o.case for q, o in pairs if impostor.reaches(q, o.answer)}
    reached = {o.case for _, o in pairs if o.success}
    faults = []
    if missed := due - reached:
        faults.append(f"deserves its goal and missed it: {_list(sorted(missed))}.")
    if len(stolen := reached - due) > _most_lucky(impostor, len(pairs)):
        faults.append(f"reached a goal that it does not deserve: {_list(sorted(stolen))}.")
    return faults


def _list(cases: Sequence[str]) -> str:
    shown = ", ".join(cases[:3])
    return shown if len(cases) <= 3 else f"{shown} and {len(cases) - 3} more"


def _most_lucky(impostor: Impostor, n: int) -> int:
    return int(impostor.luck * n)


def _due(impostor: Impostor, asked: Sequence[Question], outcomes: Sequence[Outcome]) -> str:
    """Returns what it deserves in a few words: `3/56`, or `3-5/56` where luck may help."""
    if impostor.reaches is None:
        return "none exact"
    given = {o.case: o.answer for o in outcomes}
    due = sum(impostor.reaches(q, given.get(q.case.id, "")) for q in asked)
    most = due + _most_lucky(impostor, len(asked))
    goals = f"{due}/{len(asked)}" if most == due else f"{due}-{most}/{len(asked)}"
    return f"{goals}, all mended" if impostor.mends else goals


def _told(outcomes: Sequence[Outcome]) -> str:
    """Returns what it got in a few words: `3/56`, or `0/56, 9 mended`."""
    goals, mended = success_rate(outcomes), sum(bool(o.mended) for o in outcomes)
    return f"{goals.k}/{goals.n}" + (f", {mended} mended" if mended else "")


def report_trials(trials: Sequence[Trial], seed: int, count: int) -> Json:
    """Returns the result as JSON."""
    return {
        "name": "self-test",
        "ok": is_passed(trials),
        "seed": seed,
        "cases": count,
        "impostors": [trial.to_dict() for trial in trials],
        "environment": dict(describe_environment()),
    }


def is_passed(trials: Sequence[Trial]) -> bool:
    """Whether every impostor got what it deserves."""
    return not any(trial.faults for trial in trials)


def format_trials(trials: Sequence[Trial]) -> str:
    """Returns the table: impostor and what it says, expected, got, ok; faults below."""
    header = [["impostor: what it answers", "expected", "got", "ok"]]
    rows = [[f"{t.name}: {t.what}", t.expected, t.got, _verdict(t)] for t in trials]
    lines = align(header, [rows])
    lines += [f"{t.name}: {fault}" for t in trials for fault in t.faults]
    tried = [t for t in trials if t.is_tried]
    right = sum(not t.faults for t in tried)
    legend = "expected, got: goals reached of cases answered."
    return "\n".join([*lines, "", legend, f"{right} of {len(tried)} got what they deserve."])


def _verdict(trial: Trial) -> str:
    if trial.faults:
        return "NO"
    return "yes" if trial.is_tried else "-"
