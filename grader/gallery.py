"""Chooses the answers that a report shows, and lets worker processes animate them."""

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from grader.cases import Case
from grader.crew import CrashError, Crew, Ticket
from grader.metrics import Outcome
from grader.page import Exhibit
from scene_renderer.console import Progress, note
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene

MISSES, SUCCESSES = 4, 2
SIZE_PX, FPS, SPEED, RECORD_HZ = 220, 8.0, 1.5, 60.0


def choose(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Returns misses of as many causes, then successes of as many tasks and contexts, as fit."""
    misses = [o for o in outcomes if o.success is False and o.valid]
    shown = _spread(misses, lambda o: (o.cause, o.context), MISSES)
    scenes = {o.scene for o in shown}
    reached = [o for o in outcomes if o.success and not o.is_refusal and o.scene not in scenes]
    return [*shown, *_spread(reached, lambda o: (o.context, o.task), SUCCESSES)]


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
    """Returns the chosen answers with their animations."""
    chosen = choose(outcomes)
    tickets = [crew.submit(animate_answer, cases[o.case].scene, o) for o in chosen]
    exhibits = []
    with Progress("animating", len(chosen), "episodes", quiet) as progress:
        for outcome, ticket in zip(chosen, tickets, strict=True):
            exhibits.append(Exhibit(outcome, _gif(crew, ticket)))
            progress.advance()
    return exhibits


def _gif(crew: Crew, ticket: Ticket) -> bytes:
    try:
        gif: bytes = crew.result(ticket)
    except CrashError as error:
        note(f"An animation is missing: {error}.")
        return b""
    return gif


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
