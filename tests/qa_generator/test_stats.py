from dataclasses import replace

from qa_generator.pairs import Recipe, make_pairs
from qa_generator.stats import format_summary, summarise


def test_counts_and_majority_baseline(scene):
    pairs = list(make_pairs(scene, b"", Recipe(per_scene=4)))
    pairs = [replace(pairs[0], task="lift", answer=a) for a in ("a", "a", "a", "b")]
    summary = summarise(pairs, "train")
    assert summary["pairs"] == 4
    assert summary["by_task"] == {"lift": 4}
    assert summary["majority"]["lift"] == {"answer": "a", "share": 0.75, "answers": 2, "n": 4}


def test_clean_training_pairs_show_no_leak(scene):
    summary = summarise(make_pairs(scene, b"", Recipe(per_scene=20, questions=20)), "train")
    assert summary["leaks"] == {"unseen_combinations": 0, "unseen_wordings": 0}


def test_unseen_wordings_and_pairs_are_found(scene):
    pairs = list(
        make_pairs(
            scene, b"", Recipe(per_scene=8, wordings="unseen", tasks=("lift", "stack", "move_left"))
        )
    )
    assert summarise(pairs, "train")["leaks"]["unseen_wordings"] == len(pairs)
    assert summarise(pairs, "test_wordings")["leaks"]["seen_wordings"] == 0
    orange = replace(pairs[0], prompt="gripper: 1, 2, 3\nlift the orange cube")
    assert summarise([orange], "train")["leaks"]["unseen_combinations"] == 1


def test_summary_prints_baselines_and_leaks(scene):
    text = format_summary(summarise(make_pairs(scene, b"", Recipe()), "train"))
    assert "most frequent answer" in text
    assert "unseen combinations 0" in text
