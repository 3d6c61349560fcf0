import pytest

from grader.options import parse_options, read_exam
from grader.page_data import count_arms, find_command, group_suites, list_causes
from qa_generator.tasks import tasks_of

ARM = {"variant": "a", "p": 0.5}
OTHER_WISH = {"variant": "b"}


def test_suites_are_grouped_in_the_order_of_the_page_and_strangers_come_last() -> None:
    suites = {n: {"variants": [ARM]} for n in ("novel", "pictures", "noise", "paraphrase")}
    suites["novel"]["variants"].append(OTHER_WISH)
    groups = group_suites(suites | {"order": {"variants": []}})
    assert [list(group.suites) for group in groups] == [
        ["paraphrase", "noise"], ["pictures"], ["novel"]
    ]  # fmt: skip
    assert count_arms(groups) == 4, "nothing is compared with another wish"


def test_causes_are_split_by_context_where_that_is_known() -> None:
    counted = {"causes": {"parse": 1, "dropped": 3}}
    assert [(c.name, c.count) for c in list_causes({"reliability": counted})] == [
        ("dropped", 3), ("parse", 1)
    ]  # fmt: skip
    split = {"causes_by_context": {"named": {"parse": 1}, "image": {"parse": 1, "dropped": 5}}}
    dropped, parse = list_causes({"reliability": split})
    assert dropped.by_context == {"image": 5}
    assert (parse.count, parse.by_context) == (2, {"named": 1, "image": 1})
    assert list_causes({}) == []


@pytest.mark.parametrize(
    ("checkpoint", "settings", "command"),
    [
        ("runs/a", {}, "python -m grader checkpoint runs/a"),
        ("oracle", {"split": "test", "seed": 3, "count": 9, "contexts": ["named"]},
         "python -m grader oracle --split test --count 9 --seed 3 --contexts named"),
        ("majority", {"count": 5}, "python -m grader baseline --kind majority --count 5"),
        ("my run; rm", {"cases": "a b.jsonl"},
         "python -m grader checkpoint 'my run; rm' --cases 'a b.jsonl'"),
        ("x", {"mode": "quick", "seed": 12345, "fresh": 7, "suites": ["noise"], "limit": None},
         "python -m grader checkpoint x --quick --fresh 7 --suites noise"),
        ("x", {"mode": "normal", "suites": []}, "python -m grader checkpoint x --suites none"),
        ("x", {"command": "make grade"}, "make grade"),
    ],
)  # fmt: skip
def test_the_command_makes_the_report_again(
    checkpoint: str, settings: dict[str, object], command: str
) -> None:
    assert find_command({"checkpoint": checkpoint, "settings": settings}) == command


def test_the_command_does_not_repeat_what_is_usual() -> None:
    settings = {
        "split": "test",
        "tasks": list(tasks_of("test")),
        "contexts": ["named", "unnamed", "image"],
    }
    report = {"checkpoint": "x", "settings": settings}
    assert find_command(report) == "python -m grader checkpoint x --split test"
    settings["tasks"] = ["lift"]
    assert find_command(report).endswith("--tasks lift")


def test_the_command_holds_every_option_that_is_not_the_usual_one() -> None:
    typed = (
        "checkpoint runs/a --full --split test_counts --count 7 --fresh 9 --limit 50 "
        "--contexts image --tasks stack lift --suites order noise --batch-size 8 "
        "--blind-twin other/twin --device cpu --workers 5 --free"
    )
    options = parse_options(typed.split(), None)
    settings = read_exam(options, sees=True).settings() | {
        "controls": True,
        "blind_twin": options.blind_twin,
        "device": "cpu",
        "threads": 1,
    }
    report = {
        "checkpoint": "runs/a",
        "settings": settings,
        "environment": {"cpus": 2, "workers": 5},
    }
    words = find_command(report).removeprefix("python -m grader ").split()
    assert vars(parse_options(words, None)) == vars(options)


def test_the_command_is_silent_on_what_a_grade_does_of_its_own_accord() -> None:
    settings = {"batch_size": 32, "controls": True, "blind_twin": "x-blind", "device": "cuda:0"}
    environment = {"cpus": 2, "workers": 2}
    report = {"checkpoint": "x", "settings": settings, "environment": environment}
    assert find_command(report) == "python -m grader checkpoint x --device cuda"
    settings |= {"controls": False, "blind_twin": None}
    assert find_command(report) == "python -m grader checkpoint x --no-controls --device cuda"
    rule = {"checkpoint": "oracle", "settings": {"batch_size": 32, "controls": False}}
    assert find_command(rule) == "python -m grader oracle"
