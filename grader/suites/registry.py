"""Which suites there are. To add one: its module in this folder, and its entry here."""

from collections.abc import Mapping

from grader.suites.base import Suite

SUITES: Mapping[str, Suite] = {}
"""Name to suite, in the order of reports."""

EVERYDAY = ("pictures", "refusals")
"""The suites of a grade that is neither quick nor full, as far as there are any."""
