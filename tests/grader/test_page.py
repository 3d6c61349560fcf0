import copy
import html.parser
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from grader.metrics import Outcome
from grader.page import MOST_BYTES, TEMPLATES, Exhibit, Mark, fit, format_page, write_report
from grader.report import BLANK
from tests.grader.synthetic import accuracy, full_report, least_report, suites

ReportOf = Callable[..., dict[str, Any]]

HOSTILE = "</style></pre><script>alert(1)</script>\"'"
MISS = Outcome(
    "a", "0", "test", "lift", "named", "lift it", "pick(1, 2, 3)", True, False, False, "dropped"
)


class Reader(html.parser.HTMLParser):
    """Notes what a page would run or fetch, and which tags are open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def words(page: str) -> str:
    """The page's text, with single spaces and no tags."""
    text = re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S))
    return " ".join(html.unescape(text).split())


def test_the_page_shows_verdict_rates_and_controls(report_of: ReportOf) -> None:
    text = words(format_page(report_of((0.91, 0.8, 0.3), **{BLANK: (0.9, 0.1, 0.1)})))
    assert "named 91.0 % [86, 94]" in text
    assert "blank image 10.0 [7 to 15]" in text
    assert "91.0 [86 to 94] 182/200" in text
    assert "shown a grey picture: 220 of 600; the model there 402, p < 0.001" in text
    assert "missed grasp" in text


@pytest.mark.parametrize(
    "told",
    [
        "worst stratum: image, line up 10.0 % [2 to 40] 1/10",
        "[59 to 69] if scenes count, not cases: 200 scenes",
        "mean share of the goal's parts; apart from every rate 73.8 [70 to 77] n 600",
        "tuned in the same way, on grey pictures: 54 of 210; the model there 134",
        "214 misses",
        "2 cases could not be run",
        "of 28 comparisons about 1.4 fall below 0.05 by chance alone",
        "agrees over eight wordings 71.4 % [60 to 81] 50/70 reached in all of them: 35.7 %; "
        "lost by other words: 4.3 points [1 to 8]",
        "goal reached in every wording 35.7 [26 to 47] 25/70",
        "twin another wish 64.3 [53 to 74] 45/70 57.1 [45 to 68] 40/70 \u2013 refusals by context",
        "99.8 % [99 to 99.96], 399 of 400. Left out of every rate, since the oracle missed them: "
        "test-7:swap:named",
        "20 mm 31 % 64.3 [53 to 74] 45/70 20.0 [12 to 31] 14/70 33 2 < 0.001",
        "seen 71.4 [60 to 81] 50/70 50.0 [39 to 61] 35/70 35.7 [26 to 47] 25/70 4.3 [1 to 8] n 70",
        "More retention unchanged, % changed, % lost gained p Curiosity",
        "ambiguous 80.0 [69 to 88] 56/70",
        "right reason of the impossible, refused with the reason that holds 50.0 [33 to 67] 15/30",
        "0.746 AUROC",
        "600 questions about 150 scenes of split test_piles, in context image.",
        "where 11.7 points 40.8 [32 to 50] 49/120",
        "61 ms first token, p50 p95 80 ms, p99 92 ms",
        "3.4 s cold start",
        "python -m grader checkpoint checkpoints/tiny-tuned --split test --count 200 --seed 0",
    ],
)
def test_a_full_report_is_told_in_full(told: str) -> None:
    assert told in words(format_page(full_report()))


def test_a_full_report_has_its_five_charts() -> None:
    assert format_page(full_report()).count('<svg class="chart"') == 5


def test_what_was_not_measured_has_no_part() -> None:
    text = words(format_page(least_report()))
    assert "No goal was missed." in text
    for part in ("Inference time", "Does it know", "Questions about", "Reliability", "Twins"):
        assert part not in text


def small_report() -> dict[str, Any]:
    """Every part, each with as little in it as can be."""
    report = full_report() | {"accuracy": accuracy(["lift"])}
    report["reliability"]["suites"] = {"paraphrase": suites()["paraphrase"]}
    return report


def paths(part: dict[str, Any], depth: int) -> Iterator[tuple[str, ...]]:
    for key, value in part.items():
        yield (key,)
        if depth and isinstance(value, dict) and "low" not in value:
            yield from ((key, *rest) for rest in paths(value, depth - 1))


def test_every_part_may_be_missing() -> None:
    whole = small_report()
    confidence = (("reliability", "confidence", k) for k in whole["reliability"]["confidence"])
    for *path, key in (*paths(whole, depth=1), *confidence):
        report = part = copy.deepcopy(whole)
        for step in path:
            part = part[step]
        del part[key]
        assert "Tablehand" in format_page(report), [*path, key]


def test_an_empty_report_is_a_page_all_the_same() -> None:
    assert "No goal was judged." in format_page({})


def test_rates_of_no_cases_are_no_figures() -> None:
    report = least_report()
    none = {"value": None, "low": 0.0, "high": 1.0, "k": 0, "n": 0}
    report["accuracy"] |= {"success": none, "by_context": {"named": none}}
    assert "no cases" in words(format_page(report))


def test_the_page_tells_mended_answers_and_draws_earlier_reports(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.8, 0.3))
    report["reliability"]["mended_plans"] |= {"k": 3, "value": 0.005}
    report["reliability"]["mended_success"] |= {"k": 1, "n": 3, "value": 0.33}
    assert "only mended" in format_page(report)
    del report["reliability"]["mended_plans"], report["reliability"]["mended_success"]
    assert "only mended" not in format_page(report)


def test_the_page_fetches_and_runs_nothing() -> None:
    exhibits = [Exhibit(MISS, gif=b"GIF89a"), Exhibit(MISS, still=b"\xff\xd8", is_worst=True)]
    page = format_page(full_report(), exhibits)
    found = Reader(page)
    assert [a for a in found.addresses if not a.startswith(("data:image/", "#"))] == []
    assert not found.tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    assert not re.findall(r"url\(|@import|https?://", page)
    assert "default-src 'none'" in page


def test_links_within_the_page_lead_somewhere() -> None:
    page = format_page(full_report())
    for address in Reader(page).addresses:
        assert f'id="{address[1:]}"' in page


def poisoned(part: Any) -> Any:
    """A report in which every word, and every name that it may choose, is hostile."""
    if isinstance(part, dict):
        return {key: poisoned(value) for key, value in part.items()}
    if isinstance(part, list):
        return [poisoned(value) for value in part]
    return HOSTILE if isinstance(part, str) else part


def test_what_models_and_people_wrote_is_escaped() -> None:
    report = poisoned(full_report())
    for *path, key in (
        ("accuracy", "by_task"),
        ("accuracy", "by_context"),
        ("accuracy", "fields"),
        ("controls",),
        ("reliability", "causes_by_context"),
        ("reliability", "suites"),
        ("reliability", "suites", "paraphrase", "figures"),
        ("settings",),
    ):
        part = report
        for step in path:
            part = part[step]
        part[key][HOSTILE] = copy.deepcopy(next(iter(part[key].values())))
    said = replace(
        MISS, instruction=HOSTILE, answer=HOSTILE, cause=HOSTILE, task=HOSTILE, context=HOSTILE
    )
    shown = [Exhibit(said, b"GIF89a"), Exhibit(said, still=b"x", oracle=HOSTILE, is_worst=True)]
    page = format_page(report, shown)
    assert page.count("</style>") == 1
    assert "script" not in Reader(page).tags
    assert "&lt;script&gt;" in page


def test_worst_cases_show_picture_words_plan_and_where_it_goes() -> None:
    outcome = replace(MISS, confidence=0.97)
    aims = (Mark("pick", 20.0, 30.0), Mark("place", 60.0, 70.0))
    exhibit = Exhibit(outcome, still=b"x", oracle="refuse(absent)", aims=aims, is_worst=True)
    page = format_page(least_report(), [exhibit])
    assert "97 % sure" in words(page)
    assert "what would have been right refuse(absent)" in words(page)
    assert '<path class="aim" d="M20.0,30.0L60.0,70.0"/>' in page


def test_an_empty_answer_is_told_as_such() -> None:
    exhibit = Exhibit(replace(MISS, answer=""), is_worst=True)
    assert "(nothing)" in format_page(least_report(), [exhibit])


def test_films_that_would_make_the_page_heavy_stay_beside_it(tmp_path: Path) -> None:
    heavy = Exhibit(MISS, gif=b"GIF89a" + bytes(MOST_BYTES))
    light = Exhibit(MISS, gif=b"GIF89a")
    assert [len(e.gif) for e in fit([heavy, light])] == [0, 6]
    write_report(least_report(), [heavy, light], tmp_path)
    assert len(list((tmp_path / "animations").iterdir())) == 2
    assert (tmp_path / "report.html").stat().st_size < 100_000


def test_every_template_is_installed() -> None:
    import tomllib

    project = tomllib.loads((TEMPLATES.parents[1] / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["grader"]
    for path in TEMPLATES.iterdir():
        assert any(fnmatch(f"templates/{path.name}", pattern) for pattern in patterns), path.name


# Looks at the page in frames of both widths, and says how much wider its content is than each.
FRAMES = """<title>waiting</title><body><script>
const wide = [];
for (const width of [400, 1280]) {
  const frame = document.createElement("iframe");
  frame.style.width = width + "px";
  frame.onload = () => {
    const root = frame.contentDocument.documentElement;
    wide.push(width + ":" + (root.scrollWidth - root.clientWidth));
    if (wide.length == 2) document.title = wide.sort().join(" ");
  };
  frame.src = "report.html";
  document.body.append(frame);
}
</script>"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_finds_no_error_and_nothing_that_sticks_out(tmp_path: Path) -> None:
    pictures = {kind: io.BytesIO() for kind in ("gif", "jpeg")}
    for kind, file in pictures.items():
        Image.new("RGB", (440, 220)).save(file, kind)
    gif, still = (file.getvalue() for file in pictures.values())
    wordy = replace(MISS, instruction="word" * 40, answer="9" * 200)
    exhibits = [Exhibit(wordy, gif), Exhibit(wordy, still=still, oracle="x" * 99, is_worst=True)]
    write_report(full_report(), exhibits, tmp_path)
    (tmp_path / "frames.html").write_text(FRAMES)
    command = [
        "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-web-security",
        "--allow-file-access-from-files", "--enable-logging=stderr", "--v=0",
        "--virtual-time-budget=4000", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
        str(tmp_path / "frames.html"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    assert "CONSOLE" not in done.stderr
    assert "<title>1280:0 400:0</title>" in done.stdout
