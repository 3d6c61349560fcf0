"""Chooses the answers that a report shows, and lets worker processes animate them."""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError

from grader.cases import Case
from grader.crew import CrashError, Crew
from grader.metrics import Outcome
from grader.page import Exhibit
from scene_renderer.console import note
from scene_renderer.plan import Plan, parse_plan
from scene_renderer.scene import Scene

MISSES, SUCCESSES = 6, 3


def choose(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Returns misses of as many causes, then successes of as many tasks and contexts, as fit."""
    misses = [o for o in outcomes if o.success is False and o.valid]
    reached = [o for o in outcomes if o.success and not o.is_refusal]
    return [
        *_spread(misses, lambda o: (o.cause, o.context), MISSES),
        *_spread(reached, lambda o: (o.context, o.task), SUCCESSES),
    ]


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
    outcomes: Sequence[Outcome], cases: Mapping[str, Case], crew: Crew
) -> list[Exhibit]:
    """Returns the chosen answers with their animations."""
    chosen = choose(outcomes)
    tickets = [
        crew.submit(animate_plan, cases[o.case].scene, parse_plan(o.answer), o.instruction)
        for o in chosen
    ]
    exhibits = []
    for outcome, ticket in zip(chosen, tickets, strict=True):
        try:
            picture = crew.result(ticket)
        except (CrashError, CancelledError) as error:
            note(f"An animation is missing: {error}.")
            picture = ""
        exhibits.append(
            Exhibit(
                instruction=outcome.instruction,
                context=outcome.context,
                task=outcome.task,
                answer=outcome.answer,
                success=outcome.success is True,
                cause=outcome.cause,
                picture=picture,
            )
        )
    return exhibits


def animate_plan(scene: Scene, plan: Plan, instruction: str) -> str:
    """Executes a plan again and returns a picture of it as a `data:` address."""
    import io

    from PIL import Image

    from scene_renderer.episode import execute
    from scene_renderer.renderer import Renderer

    episode = execute(scene, plan, instruction=instruction)
    buffer = io.BytesIO()
    Image.fromarray(Renderer().render(scene, 320, poses=episode.final).image).save(buffer, "WEBP")
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
