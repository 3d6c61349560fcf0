"""Reliability suites: each varies cases in one way and tells what that costs."""
