"""The rules of the house: which module may import which, and which only when it is needed."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("scene_renderer", "qa_generator", "vlm", "finetune", "grader")
HEAVY = {
    "torch", "transformers", "tokenizers", "peft", "accelerate", "bitsandbytes", "safetensors",
    "pybullet", "pybullet_data", "matplotlib", "wandb", "datasets", "pyarrow", "imageio_ffmpeg",
}  # fmt: skip
LIGHT = ("errors", "console", "vocabulary", "scene", "plan", "camera", "splits", "sampler")
PYBULLET = {"bullet", "simulator", "arm", "renderer"}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
}


def imports(path: Path, *, inside_functions: bool) -> Iterator[str]:
    """Yields the full name of every module that a file imports; types alone do not count."""
    nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += node.orelse
            continue
        if isinstance(node, ast.FunctionDef | ast.Lambda) and not inside_functions:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (
                f"{module}.{alias.name}" if f"{module}.{alias.name}" in MODULES else module
                for alias in node.names
            )
        nodes += ast.iter_child_nodes(node)


def loaded_with(module: str) -> set[str]:
    """Returns the modules of ours that are loaded at once with one of ours, itself included."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in found:
            found.add(name)
            waiting += imports(MODULES[name], inside_functions=False)
            waiting.append(name.partition(".")[0])
    return found


def test_all_packages_are_looked_at():
    assert {name.partition(".")[0] for name in MODULES} == set(PACKAGES)
    assert {"scene_renderer.plan", "finetune.loop", "grader.__main__"} <= MODULES.keys()
    found = imports(MODULES["vlm.model"], inside_functions=True)
    assert {"torch", "transformers", "vlm.config"} <= set(found)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_package_imports_only_what_is_left_of_it(module):
    own = PACKAGES.index(module.partition(".")[0])
    for name in imports(MODULES[module], inside_functions=True):
        package = name.partition(".")[0]
        assert package not in PACKAGES or PACKAGES.index(package) <= own, f"imports {name}"
        assert package != "tests"


def test_no_import_goes_in_a_circle():
    graph = {
        module: {name for name in imports(path, inside_functions=True) if name in MODULES}
        - {module}
        for module, path in MODULES.items()
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index("scene_renderer.errors") < order.index("grader.__main__")


@pytest.mark.parametrize(
    "module",
    [f"scene_renderer.{name}" for name in LIGHT]
    + sorted(name for name in MODULES if name.startswith("qa_generator")),
)
def test_values_and_language_load_nothing_heavy(module):
    assert module in MODULES
    for name in loaded_with(module):
        heavy = {i.partition(".")[0] for i in imports(MODULES[name], inside_functions=False)}
        assert not heavy & HEAVY, f"{name} loads {heavy & HEAVY}"


def test_pybullet_is_the_business_of_few_modules():
    users = {
        name for name, path in MODULES.items() if "pybullet" in imports(path, inside_functions=True)
    }
    assert users <= {f"scene_renderer.{name}" for name in PYBULLET}


def commands() -> Iterator[tuple[str, ...]]:
    """Every command there is: packages with a `__main__` and what their parsers know."""
    for package in PACKAGES:
        if f"{package}.__main__" not in MODULES:
            continue
        yield (package,)
        for module in (f"{package}.__main__", f"{package}.options"):
            if module in MODULES:
                yield from ((package, verb) for verb in verbs_in(MODULES[module]))


def verbs_in(path: Path) -> Iterator[str]:
    """The verbs that a file adds to a parser."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        words = [a.value for a in call.args if isinstance(a, ast.Constant)]
        if name in ("add_parser", "_add_verb") and words:
            yield str(words[0])


HELP = """
import runpy, sys
sys.argv = sys.argv[1:] + ["--help"]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=False)
except SystemExit as stop:
    assert not stop.code, stop.code
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_loads_nothing_heavy(command):
    done = subprocess.run(
        [sys.executable, "-c", HELP, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: python -m {' '.join(command)}")
    assert ("examples:" in done.stdout) == (len(command) == 2)
    assert not set(done.stderr.split()) & (HEAVY | {"numpy", "PIL"})


def test_every_command_is_found():
    assert {("grader", "checkpoint"), ("finetune", "train"), ("vlm", "plan")} <= set(commands())
    assert importlib.util.find_spec("pybullet") is not None  # else nothing heavy could be loaded
