"""Who answers in a grade: the policy that is graded, and the controls beside it."""

MODEL = "model"
"""The role of the policy that is graded; every other role is a control."""

ORACLE = "oracle"
"""Knows the goal; what it misses is the grader's own fault."""
BLANK = "blank_image"
"""The graded model, shown a grey picture."""
BLIND_TWIN = "blind_twin"
"""A model tuned in the same way on grey pictures."""
BASE = "untuned_base"
"""The graded model before it was tuned."""
