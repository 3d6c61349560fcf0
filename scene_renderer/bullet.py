"""PyBullet, imported without the line that it prints to stderr."""

import contextlib
import io

with contextlib.redirect_stderr(io.StringIO()):
    import pybullet

__all__ = ["pybullet"]
