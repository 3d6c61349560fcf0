"""What a set of pairs holds: counts, balance, what guessing would score, and leaks.

balance    pairs of each task and context; nothing should be rare
questions  whether an answer is too frequent, and what reading without looking scores
majority   share of each kind's most frequent answer: what answering blindly scores
leaks      what training must not hold: unseen colour-shape pairs and unseen wordings
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from qa_generator.balance import Balance, format_rows
from qa_generator.language.styles import style_of
from qa_generator.pairs import Pair
from qa_generator.rules import unseen_name
from scene_renderer.splits import find_split, is_unseen


def summarise(pairs: Iterable[Pair], split: str) -> dict[str, Any]:
    """Counts the pairs of a split.

    Returns:
        A JSON document: `pairs`, `scenes`, `by_kind`, `by_task`, `by_context`, `by_objects`
        (objects in the scene), `majority` (for each task `answer`, `share`, `answers`, `n`),
        `questions` (see `Balance.rows`) and `leaks` (each 0, or absent where the split allows the
        thing).
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    leaks = _allowed_leaks(split)
    balance = Balance()
    scenes = set()
    for pair in pairs:
        scenes.add(pair.scene.id)
        counts["by_kind"][pair.kind] += 1
        counts["by_task"][pair.task] += 1
        counts["by_context"][pair.context] += 1
        counts["by_objects"][str(len(pair.scene.objects))] += 1
        answers[pair.task][pair.answer] += 1
        balance.add(pair)
        for leak in leaks:
            leaks[leak] += _LEAKS[leak](pair)
    return {
        "split": split,
        "pairs": counts["by_kind"].total(),
        "scenes": len(scenes),
        **{name: dict(sorted(counter.items())) for name, counter in sorted(counts.items())},
        "majority": {task: _majority(counter) for task, counter in sorted(answers.items())},
        "questions": balance.rows(),
        "leaks": leaks,
    }


def format_summary(summary: dict[str, Any]) -> str:
    """Writes a summary for people."""
    lines = [f"{summary['split']}: {summary['pairs']} pairs of {summary['scenes']} scenes", ""]
    for name in ("by_kind", "by_context", "by_objects"):
        parts = ", ".join(f"{key} {count}" for key, count in summary[name].items())
        lines.append(f"{name.replace('_', ' '):<11} {parts}")
    lines += ["", f"{'task':<15} {'pairs':>6} {'answers':>8}   most frequent answer"]
    for task, row in summary["majority"].items():
        answer = row["answer"].replace("\n", " ")
        lines.append(
            f"{task:<15} {row['n']:>6} {row['answers']:>8}   {row['share']:5.1%}  {answer}"
        )
    if summary["questions"]:
        lines += ["", format_rows(summary["questions"])]
    leaks = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in summary["leaks"].items())
    return "\n".join([*lines, "", f"must be 0:  {leaks or 'nothing; this split holds the unseen'}"])


def _majority(answers: Counter[str]) -> dict[str, Any]:
    answer, count = answers.most_common(1)[0]
    share = round(count / answers.total(), 4)
    return {"answer": answer, "share": share, "answers": len(answers), "n": answers.total()}


def _allowed_leaks(split: str) -> dict[str, int]:
    rules = find_split(split)
    leaks = {
        "unseen_combinations": rules.combinations == "seen",
        "unseen_wordings": rules.wordings == "seen",
        "seen_wordings": rules.wordings == "unseen",
    }
    return {name: 0 for name, forbidden in leaks.items() if forbidden}


def _has_unseen_combination(pair: Pair) -> bool:
    shown = any(is_unseen(item.color, item.shape) for item in pair.scene.objects)
    return shown or unseen_name(pair.prompt) is not None


_LEAKS: dict[str, Callable[[Pair], bool]] = {
    "unseen_combinations": _has_unseen_combination,
    "unseen_wordings": lambda pair: bool(pair.lexical) or style_of(pair.template) == "unseen",
    "seen_wordings": lambda pair: style_of(pair.template) == "seen",
}
