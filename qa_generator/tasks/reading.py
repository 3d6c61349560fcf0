"""`read_goal`: a goal from the JSON that somebody wrote."""

from typing import Any

from qa_generator.tasks.base import TASKS, Goal, Task
from scene_renderer.errors import DatasetError, did_you_mean
from scene_renderer.scene import Scene


def read_goal(data: Any, scene: Scene) -> Goal:
    """Reads a goal's JSON form and checks it against its scene; `Goal.to_dict` is its inverse.

    Raises:
        DatasetError: if the task, a key or a value is unknown, missing or out of place, or if the
            table has no room for it.
        SceneError: if an object is not in the scene.
    """
    if not isinstance(data, dict) or "task" not in data:
        raise DatasetError("A goal must be a JSON object with the key 'task'.")
    name = str(data["task"])
    if name not in TASKS:
        raise DatasetError(f"Unknown task '{name}'.{did_you_mean(name, TASKS)}")
    task = TASKS[name]
    slots = {**task.defaults, **{key: value for key, value in data.items() if key != "task"}}
    _check_keys(task, slots)
    task.check(scene, slots)
    task.work(scene, slots)  # refuses what there is no room for
    return Goal(name, slots)


def _check_keys(task: Task, slots: dict[str, Any]) -> None:
    known = (*task.slots, *task.either)
    for key in (*task.slots, *slots):
        if key not in slots:
            raise DatasetError(f"A goal of task '{task.name}' needs the key '{key}'.")
        if key not in known:
            hint = did_you_mean(key, ("task", *known))
            raise DatasetError(f"A goal of task '{task.name}' has no key '{key}'.{hint}")
    if task.either and len(set(task.either) & set(slots)) != 1:
        keys = " or ".join(f"'{key}'" for key in task.either)
        raise DatasetError(f"A goal of task '{task.name}' needs the key {keys}, one of them.")
