"""Proves that nothing leaks from training into the tests, and that labels are those of the scenes.

Three kinds of checks (`docs/leakage.md` says what each means):

    across splits    nothing of `train` or `valid` comes again in a test, or in each other
    within a split   scenes obey the split's rules, pairs agree with their scenes
    done again       of some scenes the picture, of some pairs the plan
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from qa_generator.facts import Check, Facts, gather
from qa_generator.likeness import NEAR, nearest
from qa_generator.pairs import Pair
from qa_generator.verify import reaches_goal
from scene_renderer.console import Progress
from scene_renderer.errors import DatasetError, TablehandError
from scene_renderer.shards import SceneRecord, count_scenes, scenes_folder
from scene_renderer.splits import SPLITS, find_split

LEARNT = ("train", "valid")
"""Splits that training looks at."""
APART = ("scene ids", "layouts", "pictures", "requests")
"""What no two splits may share."""
WORDED = ("wordings", "synonyms", "phrases")
"""What a split of unseen wordings may not share either."""
_LEVELS, _SHARE = 8, 0.001
"""Pictures agree if at most this share of their values differ by more than so many grey levels."""


def audit(
    data: Path, splits: Sequence[str], sample: int, seed: int, quiet: bool = False
) -> dict[str, Any]:
    """Audits a data folder.

    Args:
        data: the data folder.
        splits: which to look at.
        sample: how many scenes to render and plans to execute again of each split.
        seed: of the sample.
        quiet: no progress.

    Returns:
        A JSON document: `splits` (name to number of scenes), `checks` (name to `compared`, `found`
        and `first`, the first offenders), `is_clean` and `seconds`.

    Raises:
        DatasetError: if there is no `train`, a split has no pairs, or a file is broken.
    """
    start = time.monotonic()
    scenes = {split: count_scenes(scenes_folder(data, split)) for split in _ordered(splits)}
    if LEARNT[0] not in scenes:
        raise DatasetError(f"There are no scenes of '{LEARNT[0]}' in '{data}' to compare with.")
    with Progress("audit", sum(scenes.values()), "scenes", quiet) as progress:
        facts = [gather(data, split, sample, seed, progress.advance) for split in scenes]
    checks = _compare(facts)
    for name, check in chain.from_iterable(one.own.items() for one in facts):
        checks.setdefault(name, Check()).add(check)
    checks["pictures drawn again"] = _draw_again(one.drawn for one in facts)
    checks["plans executed again"] = _execute_again(one.planned for one in facts)
    return {
        "splits": scenes,
        "checks": {name: vars(check) for name, check in checks.items()},
        "is_clean": not any(check.found for check in checks.values()),
        "seconds": round(time.monotonic() - start, 1),
    }


def format_audit(result: dict[str, Any]) -> str:
    """Writes what was found for people: a table, then the first offenders."""
    scenes = ", ".join(f"{split} {n}" for split, n in result["splits"].items())
    lines = [f"scenes: {scenes}", "", f"{'check':<28} {'compared':>9} {'found':>7}  verdict"]
    for name, check in result["checks"].items():
        lines.append(f"{name:<28} {check['compared']:>9} {check['found']:>7}  {_verdict(check)}")
    for name, check in result["checks"].items():
        lines += [f"{name}: {offender}" for offender in check["first"]]
    return "\n".join([*lines, "", "clean" if result["is_clean"] else "NOT CLEAN"])


def _verdict(check: dict[str, Any]) -> str:
    if not check["compared"]:
        return "nothing to compare"
    return "NOT CLEAN" if check["found"] else "clean"


def _ordered(splits: Sequence[str]) -> list[str]:
    """Returns the splits with those in front that training looks at."""
    return [split for split in SPLITS if split in splits]


def _compare(facts: Sequence[Facts]) -> dict[str, Check]:
    """Compares splits that training looks at with all that come after them."""
    checks = {name: Check() for name in (*APART, "near pictures", *WORDED)}
    for learnt, test in _pairs(facts):
        for name in APART:
            _compare_known(checks[name], learnt, test, name)
        _compare_pictures(checks["near pictures"], learnt, test)
        if find_split(test.split).wordings == "unseen":
            for name in WORDED:
                _compare_known(checks[name], learnt, test, name)
    return checks


def _pairs(facts: Sequence[Facts]) -> Iterator[tuple[Facts, Facts]]:
    for index, learnt in enumerate(facts):
        if learnt.split in LEARNT:
            yield from ((learnt, test) for test in facts[index + 1 :])


def _compare_known(check: Check, learnt: Facts, test: Facts, name: str) -> None:
    known = learnt.known.get(name, {})
    for thing, where in test.known.get(name, {}).items():
        told = f" ({thing})" if isinstance(thing, str) else ""
        fault = f"also {known[thing]} of {learnt.split}{told}" if thing in known else None
        check.see(fault, f"{where} of {test.split}")


def _compare_pictures(check: Check, learnt: Facts, test: Facts) -> None:
    distances, indices = nearest(test.codes, learnt.codes)
    for scene, distance, index in zip(test.scenes, distances, indices, strict=True):
        near = f"{distance} bits from {learnt.scenes[index]} of {learnt.split}"
        check.see(near if distance <= NEAR else None, f"{scene} of {test.split}")


def _draw_again(samples: Iterable[list[SceneRecord]]) -> Check:
    """Renders some scenes and compares picture, mask and boxes with those that are stored."""
    from scene_renderer.renderer import Renderer

    renderer, check = Renderer(), Check()
    for record in chain.from_iterable(samples):
        again = renderer.render(record.scene, len(record.image))
        apart = np.abs(again.image.astype(int) - record.image) > _LEVELS
        fault = None
        if apart.mean() > _SHARE:
            fault = f"{apart.mean():.1%} of its picture is not its scene's"
        elif (again.mask != record.mask).mean() > _SHARE or np.any(again.boxes != record.boxes):
            fault = "its mask or boxes are not its scene's"
        check.see(fault, record.scene.id)
    return check


def _execute_again(samples: Iterable[list[Pair]]) -> Check:
    check = Check()
    for pair in chain.from_iterable(samples):
        try:
            fault = None if reaches_goal(pair) else "its plan misses its goal"
        except TablehandError as error:
            fault = str(error)
        check.see(fault, pair.id)
    return check
