"""What README says is what the shipped report says, and what the commands say."""

import json
import re
from pathlib import Path

import pytest

from grader.table import cell

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REPORT = ROOT / "checkpoints" / "tiny-tuned" / "report.json"
ROWS = {
    "the same model with a blank picture": "blank_image",
    "its untuned base": "untuned_base",
    "a majority guesser": "majority",
    "random valid plans": "random",
    "the oracle": "oracle",
}


def results_table(report):
    contexts = report["accuracy"]["by_context"]
    lines = [
        f"| goals reached in physics, % | {' | '.join(f'`{c}`' for c in contexts)} |",
        "|---" * (len(contexts) + 1) + "|",
        f"| **the tuned tiny model** | {' | '.join(f'**{cell(r)}**' for r in contexts.values())} |",
    ]
    for title, name in ROWS.items():
        rates = report["controls"][name]["by_context"]
        lines.append(f"| {title} | {' | '.join(cell(rates.get(c)) for c in contexts)} |")
    return "\n".join(lines)


def test_results_are_those_of_the_shipped_report():
    assert results_table(json.loads(REPORT.read_text())) in README


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((docs/[^)#]+)\)", README))))
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()


def test_every_package_of_the_tree_is_there():
    tree = README[README.index("## The tree") :]
    folders = re.findall(r"^(\w+)/ ", tree, flags=re.MULTILINE)
    assert len(folders) > 5
    assert all((ROOT / folder).is_dir() for folder in folders)
