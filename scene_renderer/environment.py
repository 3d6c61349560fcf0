"""What a result was made with: versions, machine, commit. Every run writes it down."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "transformers", "peft", "pybullet", "numpy", "pillow")

_ROOT = Path(__file__).resolve().parent.parent


def describe_environment() -> dict[str, str | int]:
    """Returns Python, package versions, CPU, core count and the commit, `-dirty` if changed."""
    described: dict[str, str | int] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            described[name] = version(name)
        except PackageNotFoundError:
            continue
    return described | {"cpu": _cpu(), "cpus": os.cpu_count() or 1, "commit": commit()}


def commit() -> str:
    """Returns the checkout's short commit id, `-dirty` if files differ from it; else 'unknown'."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _cpu() -> str:
    """Returns the processor's name as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
