"""`paraphrase`: the same wish in other words, on the same table with the same picture and list.

Four wordings are made of templates and words that training may show (`seen`), four of templates
that it never shows (`unseen`), whatever the split. Each was read back to the same meaning, and none
is a slip of the keyboard. What must be refused stays out: other words for it are not always wrong
in the same way; the suite `refusals` asks for that.
"""

import math
import re
from collections.abc import Sequence
from typing import get_args

import numpy as np

from grader.cases import Case
from grader.metrics import grouped, share_of
from grader.suites.base import Json, Paired, Suite
from grader.suites.draws import stream
from qa_generator.language.clear import say_clearly
from qa_generator.language.words import Style
from scene_renderer.intervals import Z_95

NAME = "paraphrase"
EACH = 4
"""How many wordings of each style are asked."""
_TRIES = 16
"""How often a goal is worded anew to find them."""
_STYLES: tuple[Style, ...] = get_args(Style)


def vary(cases: Sequence[Case], seed: int) -> list[Case]:
    """Asks the same in up to eight other wordings: `seen 1` to `seen 4`, `unseen 1` to `unseen 4`.

    There are fewer where so many different ones did not come out.
    """
    first = cases[0]
    if first.must_be_refused:
        return []
    rng = stream(NAME, first, seed)
    known = {_bare(first.instruction)}
    wordings = {
        f"{style} {number}": text
        for style in _STYLES
        for number, text in enumerate(_word_anew(first, style, rng, known), start=1)
    }
    return [c.vary(NAME, name, instruction=text) for c in cases for name, text in wordings.items()]


def _word_anew(case: Case, style: Style, rng: np.random.Generator, known: set[str]) -> list[str]:
    """Words a goal in a style, each time with another template while there are any.

    Args:
        case: whose goal it is.
        style: of the words.
        rng: draws.
        known: bare texts that were said before; what is said now is added.
    """
    by_template: dict[str, str] = {}
    more: list[str] = []
    goal = case.goal
    for _ in range(_TRIES):
        said = say_clearly(case.scene, goal.task, goal.slots, rng, style, with_slips=False)
        if said is None or _bare(said.text) in known:
            continue
        known.add(_bare(said.text))
        if said.template in by_template:
            more.append(said.text)
        else:
            by_template[said.template] = said.text
        if len(by_template) == EACH:
            break
    return [*by_template.values(), *more][:EACH]


def _bare(text: str) -> str:
    """A text without capitals and punctuation: what differs in those alone is no other wording."""
    return " ".join(re.findall(r"\w+", text.lower()))


def figures(pairs: Sequence[Paired]) -> Json:
    """Returns how stable answers are: over all wordings, and over those of each style.

    `{"agreement": R, "same_plan": R, "all_succeed": R, "success_drop": {...}, "seen": {the same},
    "unseen": {the same}}`. The three rates are over cases that were run in all of these wordings,
    each of which counts together with them: whether all verdicts agree, whether all answers are the
    same text, and whether all succeed. Fewer wordings would agree more easily, so a case that lacks
    one is not counted.
    """
    return {
        **_stability(pairs, EACH * len(_STYLES)),
        **{
            style: _stability([p for p in pairs if p.varied.variant.split()[0] == style], EACH)
            for style in _STYLES
        },
    }


def _stability(pairs: Sequence[Paired], wordings: int) -> Json:
    groups = grouped(pairs, lambda p: p.clean.case).values()
    whole = [group for group in groups if len(group) == wordings]
    asked = [[group[0].clean, *(p.varied for p in group)] for group in whole]
    verdicts = [{o.success for o in outcomes} for outcomes in asked]
    plans = [{o.answer.strip() for o in outcomes} for outcomes in asked]
    return {
        "agreement": share_of(len(v) == 1 for v in verdicts).to_dict(),
        "same_plan": share_of(len(p) == 1 for p in plans).to_dict(),
        "all_succeed": share_of(v == {True} for v in verdicts).to_dict(),
        "success_drop": success_drop(pairs),
    }


def success_drop(pairs: Sequence[Paired]) -> Json:
    """Returns how much success is lost: clean minus varied, the mean over scenes.

    `{"value", "low", "high", "scenes"}`; all contexts and wordings of a scene count as one. For the
    95 % interval, half a scene that loses all, half a one that wins all and one that stays as it is
    are added, so that it has a width even if no scene differs.

    Source: Agresti and Min, Simple improved confidence intervals for comparing matched proportions,
    Statistics in Medicine 24 (2005): half a pair is added to each of the four cells.
    """
    drops = [
        math.fsum(bool(p.clean.success) - bool(p.varied.success) for p in part) / len(part)
        for part in grouped(pairs, lambda p: p.clean.scene).values()
    ]
    count = len(drops) + 2
    middle = math.fsum(drops) / count
    spread = (math.fsum(d * d for d in drops) + 1) / count - middle**2
    half = Z_95 * math.sqrt(spread / count)
    return {
        "value": math.fsum(drops) / len(drops) if drops else None,
        "low": max(-1.0, middle - half),
        "high": min(1.0, middle + half),
        "scenes": len(drops),
    }


PARAPHRASE = Suite(
    NAME,
    "Each wish in eight other wordings, four of them of kinds that training never shows.",
    vary,
    draws=80,
    figures=figures,
)
