"""The tasks: for each one its slots, its oracle plan and its goal, side by side.

    pick_and_place  object, target           put a graspable object into or onto a receiver
    put_in          object, target           put it into a bowl or a box
    lift            object                   take it up and hold it
    move_DIRECTION  object, distance_mm      put it down that much further forward, backward, left
                                             or right
    push            object, direction, distance_mm   push it over the table with closed fingers
    rotate          object, yaw_deg          turn it where it stands
    stack           object, target           put it on top of another graspable object
    tower           objects                  stack three or more, named from bottom to top
    place_beside    object, target, side     put it down next to another thing
    swap            object, target           let two graspable objects change places
    put_all         which, target            put all of a colour or shape into or onto a receiver
    sort            by, bins                 each colour or shape into a receiver of its own
    gather          which or objects, target bring two or three things around another one
    line_up         objects                  in a row, named from left to right
    clear           target                   put on the table what stands in or on something
    steps           steps                    two or three goals, one after the other
    long_steps      steps                    the same with three, which training never asks for
    refuse          reason                   say no: the instruction cannot be followed

A goal's JSON form, which data sets and `--cases` files carry, is `{"task": NAME, SLOT: VALUE...}`:

    {"task": "pick_and_place", "object": "red cube", "target": "blue bowl"}
    {"task": "move_left", "object": "red cube", "distance_mm": 100}
    {"task": "place_beside", "object": "red cube", "target": "blue bowl", "side": "left"}
    {"task": "put_all", "which": {"color": "red"}, "target": "white tray"}
    {"task": "sort", "by": "color", "bins": {"red": "white tray", "blue": "green bowl"}}
    {"task": "steps", "steps": [{"task": "rotate", "object": "red brick", "yaw_deg": 45},
                                {"task": "lift", "object": "green cube"}]}

Success is the goal on the final state of the world, never a comparison of texts. To add a task:
one class in a module of this package, one entry in `registry.py`.
"""

from qa_generator.tasks.base import TASKS, Goal, Instruction, Slots, Task
from qa_generator.tasks.reading import read_goal
from qa_generator.tasks.registry import DEFAULT_DISTANCE_MM, LIFT_MM, USUAL, tasks_of

__all__ = [
    "DEFAULT_DISTANCE_MM",
    "LIFT_MM",
    "TASKS",
    "USUAL",
    "Goal",
    "Instruction",
    "Slots",
    "Task",
    "read_goal",
    "tasks_of",
]
