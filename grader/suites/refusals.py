"""`refusals`: what must be refused beside its twin, which differs in a few words and can be done.

A model that always refuses fails every twin, one that never does fails every refusal; `both_right`
counts only the pairs of which neither member was missed.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from grader.cases import Case
from grader.metrics import Outcome, grouped, share_of
from grader.suites.base import Json, Paired, Suite
from grader.suites.draws import stream, style_of
from qa_generator.tasks import Instruction
from qa_generator.tasks.refuse import Refuse
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import REFUSAL_REASONS

NAME = "refusals"
REFUSED, TWIN = "refused", "twin"
_TURNS = (*REFUSAL_REASONS, "occupied")
"""Every second scene has no spot that could be called occupied, so that has two turns."""


def vary(cases: Sequence[Case], seed: int) -> list[Case]:
    """Asks something that must be refused, `refused`, and its `twin`, of the same table.

    A case that must be refused and brings a twin is that pair itself; for any other one a pair is
    drawn, and the reasons take turns.
    """
    refused = _own(cases[0]) or _draw(cases[0], seed)
    if refused is None or refused.twin is None:
        return []
    said = {REFUSED: refused, TWIN: refused.twin}
    return [
        case.vary(NAME, variant, instruction=words.text, goal=words.goal, twin=words.twin)
        for case in cases
        for variant, words in said.items()
    ]


def _own(case: Case) -> Instruction | None:
    if not case.must_be_refused or case.twin is None:
        return None
    return Instruction(case.instruction, case.goal, twin=case.twin)


def _draw(case: Case, seed: int) -> Instruction | None:
    rng = stream(NAME, case, seed)
    others = rng.permutation(REFUSAL_REASONS).tolist()
    for reason in (_TURNS[_number_of(case.scene) % len(_TURNS)], *others):
        drawn = Refuse().sample_for(reason, case.scene, rng, style_of(case))
        if drawn is not None:
            return drawn
    return None


def _number_of(scene: Scene) -> int:
    """Returns the number at the end of a drawn scene's id; of any other id, one of its own."""
    digits = re.search(r"\d+$", scene.id)
    return int(digits[0]) if digits else zlib.crc32(scene.id.encode())


@dataclass(frozen=True)
class _Twins:
    """What became of both members of a pair; one is missing if it was not run."""

    refused: Outcome | None
    twin: Outcome | None


def figures(pairs: Sequence[Paired]) -> Json:
    """Returns how well what cannot be done is told from what can.

    `{"recall": R, "right_reason": R, "over_refusal": R, "both_right": R, "by_reason": {reason: the
    same}}`: of what must be refused, the share that was, and for the right reason; of the twins,
    the share that was refused; and of pairs, the share refused for the right reason with the twin's
    goal reached.
    """
    twins = [_match(part) for part in grouped(pairs, lambda p: p.varied.origin).values()]
    reasons = grouped([t for t in twins if t.refused], _reason_of)
    return {
        **_judge(twins),
        "by_reason": {r: _judge(reasons[r]) for r in REFUSAL_REASONS if r in reasons},
    }


def _match(part: Sequence[Paired]) -> _Twins:
    found = {p.varied.variant: p.varied for p in part}
    return _Twins(found.get(REFUSED), found.get(TWIN))


def _reason_of(twins: _Twins) -> str:
    return twins.refused.reason if twins.refused else ""


def _judge(some: Sequence[_Twins]) -> Json:
    refused = [t.refused for t in some if t.refused]
    twin = [t.twin for t in some if t.twin]
    both = [(t.refused.success, t.twin.success) for t in some if t.refused and t.twin]
    return {
        "recall": share_of(o.is_refusal for o in refused).to_dict(),
        "right_reason": share_of(o.success is True for o in refused).to_dict(),
        "over_refusal": share_of(o.is_refusal for o in twin).to_dict(),
        "both_right": share_of(pair == (True, True) for pair in both).to_dict(),
    }


REFUSALS = Suite(
    NAME,
    "What must be refused, and the same with the few words changed that make it possible.",
    vary,
    draws=120,
    figures=figures,
    same_wish=False,
)
