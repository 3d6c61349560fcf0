"""Finds, checks and loads what is to be graded: a folder, or a stranger's bundle."""

import dataclasses
import hashlib
import time
from pathlib import Path

from finetune.runs import display_name
from finetune.runs import find_checkpoint as find_checkpoint
from grader.limits import LimitedPolicy, without_network
from vlm.bundle import is_bundle, open_bundle, read_bundle
from vlm.config import resolve_base
from vlm.model import load_model, merge_adapter, weights_sha256
from vlm.policy import Policy, load_policy


def check_checkpoint(path: str) -> None:
    """Looks at what is to be graded, without loading it: a bundle is checked to its last byte.

    Raises:
        CheckpointError: if there is no such model, or the bundle is refused.
    """
    if is_bundle(path):
        with without_network():
            read_bundle(Path(path))
    else:
        resolve_base(path)


def hash_checkpoint(path: str) -> str:
    """Returns the SHA-256 of a model's weights, which tells its versions apart.

    A bundle has that of the folder it was made from; a model of the hub has none of its own.

    Raises:
        CheckpointError: as `check_checkpoint`.
    """
    if is_bundle(path):
        return hashlib.sha256(read_bundle(Path(path)).weights).hexdigest()
    return weights_sha256(Path(resolve_base(path)))


def load_subject(path: str, device: str) -> Policy:
    """Loads what is to be graded.

    Args:
        path: a folder, a short name, a hub id, or a bundle, whose policy answers under limits.
        device: cpu, cuda or auto.

    Raises:
        CheckpointError: if it is missing, broken or refused.
    """
    if is_bundle(path):
        return _load_bundle(path, device)
    subject = load_policy(path, device)
    subject.name = display_name(subject.name)
    return subject


def _load_bundle(path: str, device: str) -> Policy:
    """Loads a bundle; when this returns, the folder it was unpacked into is gone."""
    with without_network(), open_bundle(Path(path)) as (folder, bundle):
        start = time.perf_counter()
        loaded = merge_adapter(load_model(str(folder), device))
        seconds = time.perf_counter() - start
    name = display_name(path)
    loaded = dataclasses.replace(loaded, source=name, base=bundle.base or name)
    return LimitedPolicy(loaded, seconds)
