"""What is asked in a grade: how much, of which draws, varied by which suites.

    normal    200 draws, the everyday suites
    quick     40 draws, a small share of every suite; two minutes
    full      500 draws, every suite, at most 1,500 variants each

A share is taken fairly: whole groups of variants (those of one case), from one draw after the
other, in one context after the other. A limit shortens everything in the same proportion.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from grader.cases import CUSTOM, Case, draw_cases
from grader.crew import Crew
from grader.metrics import grouped
from grader.oracle_check import list_checks
from grader.suites.registry import EVERYDAY, SUITES
from scene_renderer.console import Progress
from scene_renderer.errors import DatasetError, TablehandError

NORMAL, QUICK, FULL = "normal", "quick", "full"

BATCH_SIZE = 32

Json = dict[str, Any]
Vary = Callable[[Sequence[Case], int], list[Case]]


@dataclass(frozen=True)
class Size:
    """How much a grade asks.

    Attributes:
        count: draws, each of which is asked in every context.
        controls: the first so many draws are asked of the controls too, which need less precision.
            A multiple of the number of tasks, as these take turns.
        suites: their names; None for all.
        share: the most answers to the variants of one suite; None for no end. In a normal grade the
            suite of pictures has room for all its draws, so that all draws of the controls are
            asked with a blank picture there and need not be once more.
    """

    count: int
    controls: int
    suites: tuple[str, ...] | None
    share: int | None


SIZES = {
    NORMAL: Size(200, 80, EVERYDAY, 900),
    QUICK: Size(40, 40, None, 36),
    FULL: Size(500, 80, None, 1500),
}


@dataclass(frozen=True)
class Exam:
    """What is asked of a policy.

    Attributes:
        split: a name from `SPLITS`; this and the next four are unused with `cases`.
        seed: of the sample.
        count: draws.
        tasks: words from `TASKS`.
        contexts: words from `CONTEXTS`.
        cases: the file the cases come from, if they are not drawn.
        batch_size: questions answered at a time.
        mode: a word from `SIZES`.
        suites: names of the suites that vary the cases.
        limit: the most answers in all, those of controls included, without the oracle's check.
        fresh: the number that a hidden test was drawn from; `seed` is then derived from it.
        free: whether answers are not held to the plan grammar.
    """

    split: str
    seed: int
    count: int
    tasks: tuple[str, ...]
    contexts: tuple[str, ...]
    cases: Path | None = None
    batch_size: int = BATCH_SIZE
    mode: str = NORMAL
    suites: tuple[str, ...] = ()
    limit: int | None = None
    fresh: int | None = None
    free: bool = False

    def settings(self) -> Json:
        """Returns what was asked for, as the report says it."""
        how = {
            "mode": self.mode,
            "suites": list(self.suites),
            "limit": self.limit,
            "batch_size": self.batch_size,
            "free": self.free,
        }
        if self.cases is not None:
            digest = hashlib.sha256(self.cases.read_bytes()).hexdigest()
            given = {"cases": str(self.cases), "cases_sha256": digest, "seed": self.seed}
            return given | how
        drawn = {
            "split": self.split,
            "seed": self.seed,
            "fresh": self.fresh,
            "count": self.count,
            "tasks": list(self.tasks),
            "contexts": list(self.contexts),
        }
        return drawn | how


def fresh_seed(fresh: int) -> int:
    """Returns the seed of a hidden test: none that anybody gives as `--seed` by habit."""
    return int.from_bytes(hashlib.sha256(f"fresh {fresh}".encode()).digest()[:4])


def choose_suites(names: Sequence[str] | None, mode: str, sees: bool) -> tuple[str, ...]:
    """Returns the names of the suites of a grade.

    Args:
        names: what was asked for: names, `all` or `none`; None leaves it to the mode.
        mode: a word from `SIZES`.
        sees: whether the policy looks at pictures.
    """
    wanted = SIZES[mode].suites if names is None else _named(names)
    return tuple(
        name
        for name, suite in SUITES.items()
        if (wanted is None or name in wanted) and (sees or not suite.needs_picture)
    )


def _named(names: Sequence[str]) -> tuple[str, ...] | None:
    return None if "all" in names else tuple(names)


@dataclass(frozen=True)
class Draw:
    """One scene and instruction.

    Attributes:
        cases: it in every context, or one case of a file.
        variants: what the suites made of these.
    """

    cases: list[Case]
    variants: list[Case]


def collect_draws(exam: Exam, given: Sequence[Case] | None, crew: Crew, quiet: bool) -> list[Draw]:
    """Draws the cases, or takes those of a file, and varies them in the workers.

    Raises:
        DatasetError: if a case of the file is called as a variant is.
    """
    count = exam.count if given is None else len(given)
    tickets = []
    for i in range(count):
        varies = [SUITES[name].vary for name in exam.suites if i < SUITES[name].draws]
        if given is None:
            source = exam.split, exam.seed, i, exam.tasks, exam.contexts
            tickets.append(crew.submit(draw_and_vary, source, varies))
        else:
            tickets.append(crew.submit(vary, [given[i]], exam.seed, varies))
    draws = []
    with Progress("drawing cases", count, "scenes", quiet) as progress:
        for ticket in tickets:
            draws.append(crew.result(ticket))
            progress.advance()
    _check_names(draws)
    return draws


def draw_and_vary(
    source: tuple[str, int, int, Sequence[str], Sequence[str]], varies: Sequence[Vary]
) -> Draw:
    """Draws one scene and instruction, and varies it.

    Args:
        source: the arguments of `draw_cases`.
        varies: what the suites do.
    """
    return vary(draw_cases(*source), source[1], varies)


def vary(cases: list[Case], seed: int, varies: Sequence[Vary]) -> Draw:
    """Varies the cases of one draw; a stranger's case that a suite cannot vary is left as it is."""
    variants = []
    for job in varies:
        try:
            variants += job(cases, seed)
        except TablehandError:
            if cases[0].split != CUSTOM:
                raise
    return Draw(cases, variants)


def _check_names(draws: Sequence[Draw]) -> None:
    names: set[str] = set()
    for case in chain.from_iterable([*d.cases, *d.variants] for d in draws):
        if case.id in names:
            raise DatasetError(f"The id '{case.id}' is used twice; call your case otherwise.")
        names.add(case.id)


@dataclass(frozen=True)
class Paper:
    """All that is asked.

    Attributes:
        main: the cases as they are.
        variants: what suites made of some of them.
        controls: the first of `main`, which controls answer too.
    """

    main: list[Case]
    variants: list[Case]
    controls: list[Case]

    def checks(self) -> list[Case]:
        """Returns what the oracle has to prove possible: each scene and goal that is asked once."""
        return list_checks([*self.main, *self.variants])

    def by_picture(self) -> list[Case]:
        """Returns main cases and variants, draw by draw, those that show the same side by side."""
        of_origin = grouped(self.variants, lambda c: c.origin)
        questions: list[Case] = []
        for cases in grouped(self.main, lambda c: c.scene.id).values():
            varied = chain.from_iterable(of_origin.get(c.id, []) for c in cases)
            questions += _side_by_side([*cases, *varied])
        return questions


def _side_by_side(cases: Iterable[Case]) -> list[Case]:
    looks: dict[tuple[Any, str], list[Case]] = {}
    for case in cases:
        looks.setdefault((case.shown, case.picture), []).append(case)
    return list(chain.from_iterable(looks.values()))


def set_paper(exam: Exam, draws: Sequence[Draw], controls: int) -> Paper:
    """Chooses what is asked.

    Args:
        exam: what was asked for.
        draws: as `collect_draws` returns them.
        controls: how many controls are asked; the oracle's check is none of them.
    """
    size = SIZES[exam.mode]
    main = [case for draw in draws for case in draw.cases]
    known = sum(len(draw.cases) for draw in draws[: size.controls])
    groups = {
        name: _within(size.share, _groups(draws, name))
        for name in dict.fromkeys(v.suite for draw in draws for v in draw.variants)
    }
    paper = Paper(main, [v for g in groups.values() for group in g for v in group], main[:known])
    asked = len(main) + len(paper.variants) + controls * known
    if exam.limit is None or asked <= exam.limit:
        return paper
    return _shorten(paper, draws, groups, controls, exam.limit)


def _groups(draws: Sequence[Draw], suite: str) -> list[list[Case]]:
    """Returns a suite's variants, those of one case together, contexts taking turns."""
    ranked = []
    for number, draw in enumerate(draws):
        own = grouped([v for v in draw.variants if v.suite == suite], lambda v: v.origin)
        for turn, group in enumerate(own.values()):
            ranked.append(((turn - number) % len(own), number, group))
    return [group for *_, group in sorted(ranked, key=lambda entry: entry[:2])]


def _within(share: int | None, groups: list[list[Case]]) -> list[list[Case]]:
    """Returns the first groups, as many as have at most so many cases, and at least one."""
    if share is None:
        return groups
    total = 0
    kept: list[list[Case]] = []
    for group in groups:
        total += len(group)
        if kept and total > share:
            break
        kept.append(group)
    return kept


def _shorten(
    paper: Paper,
    draws: Sequence[Draw],
    groups: Mapping[str, list[list[Case]]],
    controls: int,
    limit: int,
) -> Paper:
    """Takes the first few of everything, in the same proportion, with at most `limit` answers.

    A draw is taken whole or not at all, so that contexts can be compared; of the first as much as
    the limit allows.
    """
    when = {case.id: i / len(draws) for i, draw in enumerate(draws) for case in draw.cases}
    known = math.ceil(len(paper.controls) / len(draws[0].cases))
    entries: list[tuple[float, int, list[Case]]] = [
        *((i / len(draws), 0, draw.cases) for i, draw in enumerate(draws)),
        *((i / known, 1, draw.cases) for i, draw in enumerate(draws[:known])),
    ]
    for own in groups.values():
        ordered = sorted(own, key=lambda group: when[group[0].origin])
        entries += [
            (max(i / len(own), when[group[0].origin]), 2, group) for i, group in enumerate(ordered)
        ]
    taken: tuple[list[Case], list[Case], list[Case]] = draws[0].cases[:limit], [], []
    limit -= len(taken[0])
    for _, kind, cases in sorted(entries, key=lambda entry: entry[:2])[1:]:
        limit -= len(cases) * (controls if kind == 1 else 1)
        if limit < 0:
            break
        taken[kind].extend(cases)
    main, controlled, variants = taken
    return Paper(main, variants, controlled)
