"""Chooses the answers that a report shows, and lets worker processes draw them.

Films show what the arm did with some plans; a sheet of stills shows the worst cases, with where
the plan goes and where it should go drawn into the picture.
"""

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from grader.cases import Case, render_image
from grader.crew import CrashError, Crew, Ticket
from grader.metrics import MAIN, Outcome
from grader.page import Exhibit, Mark
from scene_renderer.camera import Array
from scene_renderer.console import Progress, note
from scene_renderer.errors import PlanError
from scene_renderer.plan import ACTIONS, Plan, format_plan, parse_plan
from scene_renderer.scene import Scene

MISSES, SUCCESSES, WORST = 4, 2, 12
SIZE_PX, FPS, SPEED, RECORD_HZ = 220, 8.0, 1.5, 60.0
STILL_PX = 320

_KINDS = {"pick": "pick", "place": "place", "move_to": "move", "push": "pick"}
"""Action that goes to a place to the kind of its mark."""


def choose(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Returns misses of as many causes, then successes of as many tasks and contexts, as fit."""
    asked = [o for o in outcomes if o.suite == MAIN]
    misses = [o for o in asked if o.success is False and o.valid]
    shown = _spread(misses, lambda o: (o.cause, o.context), MISSES)
    scenes = {o.scene for o in shown}
    reached = [o for o in asked if o.success and not o.is_refusal and o.scene not in scenes]
    return [*shown, *_spread(reached, lambda o: (o.context, o.task), SUCCESSES)]


def choose_worst(outcomes: Sequence[Outcome], count: int = WORST) -> list[Outcome]:
    """Returns the misses that should have been least likely, of every cause one before a second.

    The surer the policy was the worse; without a confidence, or where it is the same, the fewer
    actions and objects there are the worse.
    """
    misses = [o for o in outcomes if o.success is False and o.suite == MAIN]
    misses.sort(key=lambda o: (-(o.confidence or 0.0), o.actions, o.objects))
    chosen = _spread(misses, lambda o: (o.cause, o.context), count)
    return sorted(chosen, key=misses.index)


def _spread(
    outcomes: Iterable[Outcome], key: Callable[[Outcome], tuple[str, str]], count: int
) -> list[Outcome]:
    """Returns up to `count` outcomes of different scenes: of every key one before a second."""
    seen: Counter[tuple[str, ...]] = Counter()
    ranked: dict[str, list[tuple[int, int, int, Outcome]]] = {}
    for number, outcome in enumerate(outcomes):
        pair = key(outcome)
        entry = seen[pair], seen[pair[:1]], number, outcome
        seen.update([pair, pair[:1]])
        ranked.setdefault(outcome.scene, []).append(entry)
    best = sorted((min(entries) for entries in ranked.values()), key=lambda entry: entry[:3])
    return [entry[-1] for entry in best[:count]]


def build_exhibits(
    outcomes: Sequence[Outcome], cases: Mapping[str, Case], crew: Crew, quiet: bool
) -> list[Exhibit]:
    """Returns the chosen answers with their animations, then the worst cases with their stills."""
    films = choose(outcomes)
    shown = {o.scene for o in films}
    worst = choose_worst([o for o in outcomes if o.scene not in shown])
    tickets = [crew.submit(animate_answer, cases[o.case].scene, o) for o in films]
    stills = [crew.submit(draw_still, cases[o.case]) for o in worst]
    exhibits = []
    with Progress("animating", len(films), "episodes", quiet) as progress:
        for outcome, ticket in zip(films, tickets, strict=True):
            exhibits.append(Exhibit(outcome, _drawn(crew, ticket)))
            progress.advance()
    for outcome, ticket in zip(worst, stills, strict=True):
        exhibits.append(show_worst(cases[outcome.case], outcome, _drawn(crew, ticket)))
    return exhibits


def _drawn(crew: Crew, ticket: Ticket) -> bytes:
    try:
        picture: bytes = crew.result(ticket)
    except CrashError as error:
        note(f"A picture of the report is missing: {error}.")
        return b""
    return picture


def animate_answer(scene: Scene, outcome: Outcome) -> bytes:
    """Executes an answer again and returns its animation, a GIF."""
    from scene_renderer.animation import animate
    from scene_renderer.episode import SUCCESS, execute

    plan, instruction = parse_plan(outcome.answer), outcome.instruction
    episode = execute(scene, plan, instruction=instruction, record_hz=RECORD_HZ)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "episode.gif"
        judged = dataclasses.replace(episode, verdict=outcome.cause or SUCCESS)
        animate([judged], path, size_px=SIZE_PX, fps=FPS, speed=SPEED)
        return path.read_bytes()


def draw_still(case: Case) -> bytes:
    """Returns the picture that belongs to a case, larger than the policy saw it, a JPEG file."""
    from PIL import Image

    from scene_renderer.pictures import encode_picture

    return encode_picture(Image.fromarray(render_image(case.shown, STILL_PX)), Path("still.jpg"))


def show_worst(case: Case, outcome: Outcome, still: bytes) -> Exhibit:
    """Returns a miss beside what would have been right."""
    oracle = case.goal.oracle(case.scene)
    return Exhibit(
        outcome,
        still=still,
        oracle=format_plan(oracle),
        aims=_marks_of_text(case.shown, outcome.answer),
        wanted=mark_plan(case.shown, oracle),
        is_worst=True,
    )


def _marks_of_text(scene: Scene, text: str) -> tuple[Mark, ...]:
    try:
        return mark_plan(scene, parse_plan(text))
    except PlanError:
        return ()


def mark_plan(scene: Scene, plan: Plan) -> tuple[Mark, ...]:
    """Returns where a plan's actions go in the scene's picture; places outside it are left out."""
    camera = scene.camera
    eye = np.array(camera.position)
    ahead = np.array(camera.target) - eye
    marks = []
    for kind, place in _stops(plan):
        if (place - eye) @ ahead <= 0:
            continue  # what is behind the camera would be projected as well, upside down
        x, y = camera.project(place[None], 100)[0].round(1).tolist()
        if 0 <= x <= 100 and 0 <= y <= 100:
            marks.append(Mark(kind, x, y))
    return tuple(marks)


def _stops(plan: Plan) -> Iterator[tuple[str, Array]]:
    """Yields the kind and the place, metres, base frame, of all that goes to one."""
    for action in plan.actions:
        if action.name not in _KINDS:
            continue
        given = dict(zip(ACTIONS[action.name], action.arguments, strict=True))
        yield _KINDS[action.name], np.array([given["x"], given["y"], given["z"]], float) / 1000
        if "x2" in given:
            yield "push", np.array([given["x2"], given["y2"], given["z"]], float) / 1000
