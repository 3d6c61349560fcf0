"""Plans spoilt on purpose: each must fail in physics, and for the reason it was spoilt.

A sabotage takes a case and the oracle's plan and returns a text that is wrong in one way, together
with what the grader must say of it; where it could go wrong in another way too, or not at all (4 cm
off along a brick is still on the brick), it returns None. So the right cause is known before
anything is executed.

Source: mutation testing; DeMillo, Lipton and Sayward, "Hints on test data selection", 1978.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from grader import other_goals
from grader.cases import Case
from grader.metrics import Rate
from grader.other_goals import Spoilt
from grader.rollout import judge, run_episode
from scene_renderer.errors import PlanError
from scene_renderer.failures import Failure
from scene_renderer.footprint import gap
from scene_renderer.grasping import find_grasp, find_target, free_height, top_of
from scene_renderer.motions import lower_plan
from scene_renderer.path import HandPose, pose_at
from scene_renderer.piles import base_of, load_of
from scene_renderer.plan import Action, Plan, format_plan, parse_plan
from scene_renderer.sampler import GAP
from scene_renderer.scene import SceneObject, Vector

Point = tuple[int, int, int]

OFF_MM = 40
"""How far off a plan's place is, millimetres."""

_FAR_MM = 500
_EMPTY = 0.09
_OVER_MM = 40
_ALIKE = 0.95
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))
_ONTO = ("pick_and_place", "put_in", "stack")
"""Tasks that put one object at the middle of another one."""
_BACK_AND_FORTH = ((450, 350, 500), (450, -350, 12))


def spoil(case: Case) -> Iterator[tuple[str, str, Failure]]:
    """Yields every sabotage that a case allows: its name, the text, the right cause."""
    plan = case.goal.oracle(case.scene)
    for name, sabotage in SABOTAGES.items():
        spoilt = sabotage(case, plan.actions)
        if spoilt is not None:
            yield name, *spoilt


@dataclass(frozen=True)
class Trial:
    """What became of a spoilt plan.

    Attributes:
        sabotage: how it was spoilt.
        right: the cause that this must have.
        found: the cause that the grader gave, or "success".
    """

    sabotage: str
    right: str
    found: str


def try_case(case: Case) -> list[Trial]:
    """Executes and judges every sabotage of a case."""
    return [Trial(name, right, _find_cause(case, text)) for name, text, right in spoil(case)]


def _find_cause(case: Case, text: str) -> str:
    try:
        plan = parse_plan(text)
    except PlanError:
        return Failure.PARSE
    outcome = judge(case, text, run_episode(case.scene, plan))
    return "success" if outcome.success else outcome.cause


def confusion_table(trials: Sequence[Trial]) -> str:
    """Returns which cause was found how often for each sabotage, and how many were right."""
    lines = [f"{'sabotage':28}{'right cause':26}found"]
    for (sabotage, right), n in Counter((t.sabotage, t.right) for t in trials).items():
        found = Counter(t.found for t in trials if (t.sabotage, t.right) == (sabotage, right))
        text = ", ".join(f"{cause} {count}" for cause, count in found.most_common())
        lines.append(f"{sabotage:28}{right:26}{text if set(found) != {right} else n}")
    rate = Rate(sum(t.found == t.right for t in trials), len(trials))
    low, high = (100 * share for share in rate.interval)
    failed = sum(t.found != "success" for t in trials)
    lines.append(f"right causes: {rate.k}/{rate.n}, 95 % interval {low:.1f} to {high:.1f} %")
    lines.append(f"failed in physics: {failed}/{rate.n}")
    return "\n".join(lines)


def _text(*actions: Action) -> str:
    return format_plan(Plan(actions))


def _moved(action: Action, x: int = 0, y: int = 0, z: int = 0) -> Action:
    """The same action elsewhere."""
    at = _point(action)
    return Action(action.name, (at[0] + x, at[1] + y, at[2] + z))


def _point(action: Action) -> Point:
    x, y, z = (int(value) for value in action.arguments)
    return x, y, z


def _metres(action: Action) -> Vector:
    x, y, z = _point(action)
    return x / 1000, y / 1000, z / 1000


def _centre(item: SceneObject) -> Point:
    x, y, z = (round(1000 * value) for value in item.position)
    return x, y, z


def _carries(actions: tuple[Action, ...]) -> bool:
    """Whether it is a plan that takes one thing and puts it down."""
    return [action.name for action in actions] == ["pick", "place"]


def _taken(case: Case) -> SceneObject:
    """What is taken first."""
    return case.scene[case.goal.solve(case.scene).taken[0]]


# What the language forbids.


def _cut_off(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    return _text(*actions)[:-1], Failure.PARSE


def _in_metres(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if actions[0].name != "pick":
        return None
    metres = ", ".join(str(value / 1000) for value in _point(actions[0]))
    return f"pick({metres})", Failure.PARSE


# Refusals.


def _refuse_it(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    cause = Failure.WRONG_REASON if case.must_be_refused else Failure.NEEDLESS_REFUSAL
    reason = "unsafe" if case.goal.slots.get("reason") != "unsafe" else "absent"
    return f"refuse({reason})", cause


def _obey(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if not case.must_be_refused:
        return None
    item = next(o for o in case.scene.objects if o.kind.role == "graspable")
    return _text(Action("pick", _centre(item))), Failure.SHOULD_HAVE_REFUSED


# The first argument: what is taken.


def _take_another(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if actions[0].name != "pick":
        return None
    wanted = case.goal.moved(case.scene)
    others = [o for o in case.scene.objects if o.kind.role == "graspable" and o.name not in wanted]
    others = [o for o in others if not load_of(case.scene, o)]
    if not others:
        return None
    return _text(Action("pick", _centre(others[0])), *actions[1:]), Failure.WRONG_OBJECT


def _swap_arguments(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if case.goal.task not in _ONTO:
        return None
    pick, place = actions
    swapped = Action("pick", place.arguments), Action("place", pick.arguments)
    return _text(*swapped), Failure.WRONG_OBJECT


def _pick_beside(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """4 cm off in the direction in which the fingers close, where the open hand fits."""
    if actions[0].name != "pick":
        return None
    own, objects = _taken(case), case.scene.objects
    closing = find_grasp(own.position, objects).yaw + math.pi / 2
    for way in (closing, closing + math.pi):
        pick = _moved(actions[0], round(OFF_MM * math.cos(way)), round(OFF_MM * math.sin(way)))
        x, y, z = _metres(pick)
        grasp = find_grasp((x, y, z), objects)
        closes_alike = abs(math.cos(grasp.yaw + math.pi / 2 - closing)) > _ALIKE
        if find_target(x, y, objects) is own and grasp.is_clear and closes_alike:
            return _text(pick, *actions[1:]), Failure.MISSED_GRASP
    return None


def _pick_above(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """The fingers close over its top."""
    if actions[0].name != "pick":
        return None
    x, y, _ = _point(actions[0])
    height = round(1000 * top_of(_taken(case))) + _OVER_MM
    return _text(Action("pick", (x, y, height)), *actions[1:]), Failure.MISSED_GRASP


def _pick_nothing(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """At a place on the table far from everything."""
    if actions[0].name != "pick":
        return None
    for x in range(330, 640, 30):
        for y in range(-240, 241, 30):
            here = x / 1000, y / 1000
            if all(math.dist(here, item.position[:2]) > _EMPTY for item in case.scene.objects):
                return _text(Action("pick", (x, y, 25)), *actions[1:]), Failure.UNKNOWN_PLACE
    return None


def _pick_too_far(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if actions[0].name != "pick":
        return None
    return _text(_moved(actions[0], x=_FAR_MM), *actions[1:]), Failure.OUT_OF_REACH


# The second argument: where it goes.


def _put_beside(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """4 cm beyond where the goal still holds, where nothing else stands."""
    if case.goal.task not in _ONTO and not case.goal.task.startswith("move_"):
        return None
    pick, place = actions
    for x, y in _WAYS:
        beyond = OFF_MM + _reach_of_goal(case, (x, y))
        elsewhere = _moved(place, beyond * x, beyond * y)
        if _is_free(case, elsewhere):
            return _text(pick, elsewhere), Failure.WRONG_PLACE
    return None


def _reach_of_goal(case: Case, way: tuple[int, int]) -> int:
    """How far the goal's target extends in a direction, and what is carried too, millimetres."""
    if "target" not in case.goal.slots:
        return 0
    sizes = [case.scene[case.goal.slots[slot]].extents for slot in ("object", "target")]
    return round(1000 * sum(max(size[:2]) / 2 for size in sizes))


def _is_free(case: Case, place: Action) -> bool:
    """Whether the table is empty there and in reach, with the object itself gone."""
    own = _taken(case)
    x, y, _ = _metres(place)
    there = replace(own, position=(x, y, own.position[2]))
    others = [item for item in case.scene.objects if item is not own]
    in_reach = pose_at((x, y, 0.3), 0.0, HandPose(0, 0, 0, 0)).is_reachable and x > 0.3
    return in_reach and all(gap(there, item) >= GAP for item in others)


def _put_onto_another(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if case.goal.task not in _ONTO:
        return None
    pick, _ = actions
    wanted = set(case.goal.slots.values())
    others = [item for item in case.scene.objects if item.name not in wanted]
    if not others:
        return None
    return _text(pick, Action("place", _centre(others[0]))), Failure.WRONG_PLACE


def _put_on_other_side(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """As far, but in the opposite direction."""
    if not case.goal.task.startswith("move_"):
        return None
    pick, place = actions
    (x, y, z), (x2, y2, _) = _point(pick), _point(place)
    opposite = Action("place", (2 * x - x2, 2 * y - y2, z))
    return (_text(pick, opposite), Failure.WRONG_PLACE) if _is_free(case, opposite) else None


def _put_too_far(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if not _carries(actions):
        return None
    return _text(actions[0], _moved(actions[1], x=_FAR_MM)), Failure.OUT_OF_REACH


# Order, and what is left out or added.


def _swap_order(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    return (_text(*actions[::-1]), Failure.NOTHING_IN_HAND) if _carries(actions) else None


def _never_pick(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if actions[0].name != "pick":
        return None
    cause = Failure.NOTHING_MOVED if case.goal.task == "lift" else Failure.NOTHING_IN_HAND
    return _text(*actions[1:]), cause


def _never_place(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    return (_text(actions[0]), Failure.NOT_RELEASED) if _carries(actions) else None


def _pick_twice(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if not _carries(actions):
        return None
    other = next(item for item in case.scene.objects if item is not _taken(case))
    return _text(actions[0], Action("pick", _centre(other)), *actions[1:]), Failure.HAND_FULL


def _open_on_the_way(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if actions[0].name != "pick" or case.goal.task == "clear":
        return None
    return _text(actions[0], Action("open_gripper"), *actions[1:]), Failure.DROPPED


def _leave_out(name: str, which: int, cause: Failure) -> "Callable[..., Spoilt]":
    """Leaves one action out of the plan in motions."""

    def sabotage(case: Case, actions: tuple[Action, ...]) -> Spoilt:
        if not _carries(actions):
            return None
        motions = list(lower_plan(case.scene, Plan(actions)).actions)
        del motions[[i for i, action in enumerate(motions) if action.name == name][which]]
        return _text(*motions), cause

    return sabotage


def _push_through(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """Pushes the object through its nearest neighbour, instead of carrying it."""
    if actions[0].name != "pick" or len(case.goal.moved(case.scene)) > 1:
        return None
    own = _taken(case)
    if base_of(case.scene, own):
        return None
    others = [item for item in case.scene.objects if item is not own]
    for other in sorted(others, key=lambda item: math.dist(item.position, own.position)):
        (x, y, _), (x2, y2, _) = own.position, other.position
        way = math.atan2(y2 - y, x2 - x)
        back = max(own.extents[:2]) / 2 + 0.045
        start = x - back * math.cos(way), y - back * math.sin(way)
        end = x2 + 0.04 * math.cos(way), y2 + 0.04 * math.sin(way)
        height = 0.02
        is_open = free_height(start, way, 0.0, case.scene.objects) < height
        if is_open and math.hypot(*start) > 0.35 and math.hypot(*end) < 0.75:
            numbers = (*start, height, *end)
            push = Action("push", tuple(round(1000 * value) for value in numbers))
            return _text(push), Failure.KNOCKED_ANOTHER
    return None


def _dawdle(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    if case.goal.task != "lift":
        return None
    tour = [Action("move_to", _BACK_AND_FORTH[i % 2]) for i in range(62)]
    return _text(*tour, *actions), Failure.TIMEOUT


SABOTAGES: MappingProxyType[str, Callable[[Case, tuple[Action, ...]], Spoilt]] = MappingProxyType(
    {
        "last bracket missing": _cut_off,
        "metres for millimetres": _in_metres,
        "refuses": _refuse_it,
        "obeys": _obey,
        "takes another object": _take_another,
        "swaps object and target": _swap_arguments,
        "picks 4 cm off": _pick_beside,
        "picks above it": _pick_above,
        "picks where nothing is": _pick_nothing,
        "picks 50 cm too far": _pick_too_far,
        "places 4 cm off": _put_beside,
        "places on something else": _put_onto_another,
        "goes the other way": _put_on_other_side,
        "places 50 cm too far": _put_too_far,
        "swaps the order": _swap_order,
        "never picks": _never_pick,
        "never places": _never_place,
        "picks a second thing": _pick_twice,
        "opens on the way": _open_on_the_way,
        "motions: never closes": _leave_out("close_gripper", 0, Failure.NOTHING_MOVED),
        "motions: never opens": _leave_out("open_gripper", -1, Failure.NOT_RELEASED),
        "pushes through a neighbour": _push_through,
        "dawdles": _dawdle,
        "puts it on the opposite side": other_goals.put_on_opposite_side,
        "pushes the other way": other_goals.push_the_other_way,
        "confuses the bins": other_goals.confuse_the_bins,
        "never turns it": other_goals.never_turn,
        "leaves the last one": other_goals.leave_the_last,
        "reverses the steps": other_goals.reverse_the_steps,
    }
)
"""Name to sabotage."""
