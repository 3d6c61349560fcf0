"""Which suites there are. To add one: its module in this folder, and its entry here."""

from collections.abc import Mapping
from types import MappingProxyType

from grader.suites.base import Suite
from grader.suites.conflicts import CONFLICT_SUITE
from grader.suites.instructions import INSTRUCTION
from grader.suites.layouts import LAYOUT_SUITE, START_SUITE
from grader.suites.listings import NOISE_SUITE, ORDER_SUITE
from grader.suites.looks import LOOK_SUITE
from grader.suites.pictures import PICTURES_SUITE
from grader.suites.refusals import REFUSALS
from grader.suites.wordings import PARAPHRASE

SUITES: Mapping[str, Suite] = MappingProxyType(
    {
        suite.name: suite
        for suite in (
            PICTURES_SUITE,
            PARAPHRASE,
            INSTRUCTION,
            REFUSALS,
            ORDER_SUITE,
            NOISE_SUITE,
            CONFLICT_SUITE,
            LOOK_SUITE,
            LAYOUT_SUITE,
            START_SUITE,
        )
    }
)
"""Name to suite, in the order of reports."""

EVERYDAY = ("pictures", "refusals")
"""The suites of a grade that is neither quick nor full."""
