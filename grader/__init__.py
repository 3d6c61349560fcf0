"""Grades a policy: held-out scenes, plans executed in physics, figures with intervals, a report."""
