"""Reports to draw: one with every part that a grade can measure, and the least that one has."""

from collections.abc import Sequence
from typing import Any

from grader.metrics import Rate
from grader.suites.base import mcnemar
from qa_generator.tasks import TASKS

Json = dict[str, Any]

CONTEXTS = {"named": 0.82, "unnamed": 0.64, "image": 0.47}
FEW, MANY = 70, 200


def rate(share: float, n: int = MANY) -> Json:
    """A rate near a share."""
    return Rate(round(share * n), n).to_dict()


def by_context(factor: float, n: int = FEW) -> Json:
    return {c: rate(min(1.0, share * factor), n) for c, share in CONTEXTS.items()}


def variant(name: str, retention: float, n: int = FEW) -> Json:
    """The figures of one arm."""
    clean = round(0.64 * n)
    varied = min(n, round(clean * retention))
    gained = 2
    lost = max(0, clean + gained - varied)
    gained = varied - clean + lost
    return {
        "variant": name,
        "clean": Rate(clean, n).to_dict(),
        "varied": Rate(varied, n).to_dict(),
        "retention": varied / clean,
        "lost": lost,
        "gained": gained,
        "p": mcnemar(lost, gained),
        "by_context": {
            c: {"clean": rate(s, n // 3), "varied": rate(min(1.0, s * retention), n // 3)}
            for c, s in CONTEXTS.items()
        },
    }


def of_another_wish(arm: Json) -> Json:
    """An arm without what only the same wish can have."""
    return {k: part for k, part in arm.items() if k not in ("retention", "lost", "gained", "p")}


def suite(what: str, figures: Json | None = None, *, same_wish: bool = True, **arms: float) -> Json:
    """A suite's part of the report; arms are variants and their retention."""
    variants = [variant(name.replace("_", " ").strip(), kept) for name, kept in arms.items()]
    variants = variants if same_wish else [of_another_wish(arm) for arm in variants]
    return {"what": what, "n": FEW * len(variants), "variants": variants, "figures": figures or {}}


def wordings() -> Json:
    return {
        "agreement": rate(0.71, FEW),
        "same_plan": rate(0.5, FEW),
        "all_succeed": rate(0.36, FEW),
        "success_drop": {"value": 0.043, "low": 0.011, "high": 0.075, "scenes": FEW},
    }


def trust() -> Json:
    return {"picture": rate(0.3, FEW), "list": rate(0.6, FEW), "neither": rate(0.1, FEW)}


def twins() -> Json:
    return {"recall": rate(0.8, FEW), "right_reason": rate(0.7, FEW), "both_right": rate(0.6, FEW)}


def looks() -> Json:
    kinds, severities = ("camera", "light", "texture"), {"mild": 0.98, "medium": 0.9, "severe": 0.7}
    return {f"{kind} {name}": kept for kind in kinds for name, kept in severities.items()}


def suites() -> Json:
    return {
        "paraphrase": suite(
            "Eight other wordings of the same instruction.",
            wordings() | {"seen": wordings(), "unseen": wordings()},
            **{f"unseen {i}": 0.88 + 0.02 * i for i in range(1, 5)},
        ),
        "order": suite("The list in another order.", {"agreement": rate(0.9, FEW)}, shuffled=0.99),
        "noise": suite(
            "Noise on the listed coordinates.",
            {"noise_curve": [{"mm": 5, "success": rate(0.6, FEW)}]},
            **{"2 mm": 1.0, "5 mm": 0.97, "10 mm": 0.7, "20 mm": 0.31},
        ),
        "looks": suite("Camera, light or table top are others.", **looks()),
        "layout": suite("The same things stand elsewhere.", mild=0.98, severe=0.8),
        "start": suite("The gripper starts elsewhere.", **{"far left": 1.07, "low": 0.95}),
        "instruction": suite(
            "Another wish, or none.",
            {"acts": rate(0.2, FEW)},
            same_wish=False,
            swapped=0.9,
            gibberish=0.0,
        ),
        "refusals": suite(
            "What must be refused, and its twin.",
            twins() | {"by_reason": {"absent": twins(), "ambiguous": twins()}},
            same_wish=False,
            refused=0.7,
            twin=0.9,
        ),
        "pictures": suite(
            "The picture is blank, another scene's, or mirrored.",
            {"falls_by": {c: {"points": 31.5, "p": 0.01, "is_blind": False} for c in CONTEXTS}},
            blank=0.41,
            another_scene=0.33,
            mirrored=0.36,
        ),
        "conflict": suite(
            "The list contradicts the picture.",
            {"trust": {c: {"renamed": trust()} for c in CONTEXTS}, "absent": rate(0.4, FEW)},
            absent=0.7,
            renamed=0.4,
        ),
        "curiosity": suite("A suite that the page has never heard of.", once=1.4),
    }


def reliability() -> Json:
    causes = {
        "named": {"wrong object": 9, "missed grasp": 14, "wrong place": 9, "parse": 4},
        "unnamed": {"wrong object": 41, "missed grasp": 16, "wrong place": 15},
        "image": {"wrong object": 39, "missed grasp": 48, "knocked another object over": 19},
    }
    bins = [(0.05, 3, 0.0), (0.35, 22, 0.23), (0.55, 61, 0.46), (0.75, 214, 0.6), (0.95, 300, 0.79)]
    totals: dict[str, int] = {}
    for counts in causes.values():
        for cause, n in counts.items():
            totals[cause] = totals.get(cause, 0) + n
    return {
        "valid_plans": rate(0.985, 600),
        "mended_plans": rate(0.01, 600),
        "mended_success": rate(0.5, 6),
        "refusal_recall": rate(0.63, 30),
        "right_reason": rate(0.5, 30),
        "over_refusal": rate(0.02, 570),
        "twins": twins() | {"by_reason": {"absent": twins(), "ambiguous": twins()}},
        "paraphrase_agreement": rate(0.71, FEW),
        "paraphrase_all_succeed": rate(0.36, FEW),
        "paraphrase_drop": wordings()["success_drop"],
        "order_agreement": rate(0.96, FEW),
        "blank_image_success": rate(0.3, 210),
        "swapped_image_success": rate(0.21, 210),
        "ece": 0.094,
        "noise_curve": [
            {"mm": mm, "success": rate(s, FEW)}
            for mm, s in ((0, 0.64), (2, 0.64), (5, 0.62), (10, 0.45), (20, 0.2))
        ],
        "not_run": 2,
        "causes": dict(sorted(totals.items(), key=lambda pair: -pair[1])),
        "causes_by_context": causes,
        "suites": suites(),
        "confidence": {
            "n": 600, "ece": 0.094, "brier": 0.187, "auroc": 0.746, "aurc": 0.214,
            "bins": [
                {"low": i / 10, "high": (i + 1) / 10, "n": n, "confidence": sure,
                 "success": rate(share, n)}
                for sure, n, share in bins
                for i in [int(sure * 10)]
            ] + [{"low": 0.1, "high": 0.2, "n": 0, "confidence": None, "success": rate(0, 0)}],
            "risk_coverage": [
                {"coverage": c / 100, "risk": 0.08 + 0.28 * (c / 100) ** 2}
                for c in range(5, 101, 5)
            ],
        },
        "sameness": {"batch_size": rate(1.0, 96), "threads": rate(0.99, 96), "runs": rate(1.0, 96)},
    }  # fmt: skip


def control(factor: float) -> Json:
    return {
        "success": rate(0.64 * factor, 210),
        "model_success": rate(0.64, 210),
        "valid_plans": rate(1.0, 210),
        "by_context": by_context(factor),
    }


def controls() -> Json:
    oracle = control(1.0) | {"success": rate(1.0, 210)}
    oracle["by_context"] = {c: rate(1.0, FEW) for c in CONTEXTS}
    return {
        "oracle": oracle,
        "blank_image": control(0.45),
        "blind_twin": control(0.4),
        "untuned_base": control(0.0),
        "majority": control(0.06),
        "random": control(0.01),
    }


def accuracy(tasks: Sequence[str] = tuple(TASKS)) -> Json:
    def spread(share: float, i: int) -> float:
        return max(0.0, min(1.0, share * (1.3 - 0.045 * i)))

    return {
        "success": rate(0.643, 600),
        "clustered": {"low": 0.592, "high": 0.694, "clusters": 200},
        "exact": rate(0.31, 600),
        "plan_equivalent": rate(0.6, 600),
        "fields": {"object": rate(0.81, 600), "place": rate(0.7, 560), "order": rate(0.92, 120)},
        "partial_credit": {"mean": 0.738, "low": 0.705, "high": 0.771, "n": 600},
        "by_task": {t: rate(spread(0.64, i), 30) for i, t in enumerate(tasks)},
        "by_context": by_context(1.0, MANY),
        "by_split": {"test": rate(0.643, 600)},
        "by_objects": {str(n): rate(0.8 - 0.06 * (n - 4), 120) for n in range(4, 9)},
        "by_actions": {str(n): rate(0.85 - 0.1 * n, 75) for n in range(1, 9)},
        "by_context_and_task": {
            c: {t: rate(spread(share, i), 10) for i, t in enumerate(tasks)}
            for c, share in CONTEXTS.items()
        },
        "exact_by_context": by_context(0.5, MANY),
        "worst": {"stratum": "image, line_up", "rate": rate(0.1, 10)},
    }


def inference() -> Json:
    samples = [140 + 3 * i + (i % 7) * 9 + (260 if i > 92 else 0) for i in range(100)]
    return {
        "cold_start_s": 3.4,
        "latency_ms": {"n": 100, "p50": 302.0, "p95": 702.0, "p99": 733.5, "samples": samples},
        "first_token_ms": {"p50": 61.0, "p95": 80.0, "p99": 92.0},
        "tokens_per_second": 2211.0,
        "plans_per_second": 84.2,
        "batch_size": 32,
        "throughput": [
            {"batch_size": n, "plans_per_second": 3.3 * n**0.9, "tokens_per_second": 88.0 * n**0.9}
            for n in (1, 2, 4, 8, 16, 32, 64)
        ],
        "image_tokens": 64,
        "peak_memory_mib": 751.8,
        "device": "cpu",
        "dtype": "float32",
        "threads": 2,
        "load": 0.4,
        "model": {"source": "tiny-tuned", "base": "tiny", "parameters": 6_111_808},
    }


def full_report() -> Json:
    """A report with every part."""
    return {
        "version": 2,
        "checkpoint": "checkpoints/tiny-tuned",
        "verdict": "On 200 unseen scenes of 'test', checkpoints/tiny-tuned reached its goal in "
        "physics: named 82 % [76, 87], unnamed 64 % [57, 70], image 47 % [40, 54]. With a blank "
        "image: named 37.1 % [27, 49], unnamed 28.6 % [19, 40], image 21.4 % [13, 32]. Image is "
        "weak: more goals are missed than reached. 2 cases could not be run and are left out of "
        "every rate.",
        "n": 600,
        "scenes": 200,
        "settings": {"split": "test", "seed": 0, "count": 200, "contexts": list(CONTEXTS)},
        "accuracy": accuracy(),
        "reliability": reliability(),
        "check": {
            "how": "the oracle's plan was executed once for each different scene and goal",
            "goals": Rate(399, 400).to_dict(),
            "not_run": 0,
            "excluded": {"n": 1, "cases": ["test-7:swap:named"]},
        },
        "controls": controls(),
        "questions": {
            "points": 83.4, "low": 79.0, "high": 87.0, "not_run": 0,
            "of": 100, "n": 600, "scenes": 150, "split": "test_piles", "context": "image",
            "kinds": {
                kind: {"exact": rate(share, 120), "points": 20 * min(1.0, share / 0.7)}
                for kind, share in (("count", 0.9), ("color", 0.97), ("where", 0.41),
                                    ("relation", 0.6), ("exists", 0.86))
            },
        },
        "inference": inference(),
        "execution": {"episodes": 2144, "episodes_per_second": 8.9, "workers": 2},
        "environment": {"python": "3.11.7", "torch": "2.13.0", "cpus": 2, "commit": "3cec6b4"},
    }  # fmt: skip


def least_report() -> Json:
    """An oracle's: accuracy and reliability in one context, nothing else."""
    sure = Rate(24, 24).to_dict()
    return {
        "version": 2,
        "checkpoint": "oracle",
        "verdict": "On 24 unseen scenes, oracle reached its goal in physics: named 100 %.",
        "n": 24,
        "scenes": 24,
        "settings": {"split": "test", "seed": 0, "count": 24, "contexts": ["named"]},
        "accuracy": {
            "success": sure,
            "exact": sure,
            "by_task": {"lift": sure},
            "by_context": {"named": sure},
            "by_split": {"test": sure},
            "by_context_and_task": {"named": {"lift": sure}},
        },
        "reliability": {
            "valid_plans": sure,
            "refusal_recall": Rate(0, 0).to_dict(),
            "over_refusal": Rate(0, 24).to_dict(),
            "not_run": 0,
            "causes": {},
        },
        "controls": {},
    }
