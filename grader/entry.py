"""What enters a grade: the policy that is graded, and which models sit beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.baselines import Policy
from grader.rivals import Rival
from grader.sitting import threads_beside

Json = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A policy to be graded.

    Attributes:
        policy: it.
        weights: SHA-256 of its weights; empty for rules and models of the hub.
        controls: whether controls are graded beside it.
        rivals: those of the controls that are models, by role.
    """

    policy: Policy
    weights: str = ""
    controls: bool = False
    rivals: Mapping[str, Rival] = field(default_factory=dict)

    def settings(self, workers: int) -> Json:
        """Returns what answers depend on beside the exam, as the report says it.

        On a CPU that is how many threads compute, too, as sums depend on their order.

        Args:
            workers: how many processes work beside the model.
        """
        told: Json = {"weights_sha256": self.weights or None, "controls": self.controls}
        for role, rival in self.rivals.items():
            told |= {role: rival.name, f"{role}_sha256": rival.weights or None}
        described = self.policy.describe()
        device = described.get("device")
        if device is not None:
            told |= {"device": device, "calibration": described.get("calibration")}
            if device == "cpu":
                told["threads"] = threads_beside(workers)
        return told
