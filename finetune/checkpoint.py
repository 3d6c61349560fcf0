"""A checkpoint folder: PEFT's two files, `tablehand.json`, and a model card."""

import json
import tempfile
from pathlib import Path
from typing import Any

from scene_renderer.console import write_whole
from scene_renderer.environment import describe_environment
from vlm.config import resolve_base
from vlm.model import METADATA, weights_sha256

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
"""What PEFT calls its two files."""

CARD = """---
library_name: peft
pipeline_tag: image-text-to-text
base_model: {base}
tags: [tablehand, lora, robotics, planning]
---

# {name}

A LoRA adapter that plans a robot arm's work at a table, tuned with Tablehand from `{base}`.

| | |
|---|---|
| base model | `{base}` |
| pairs | {pairs} from {scenes} scenes, contexts {contexts} |
| pictures | {pictures} |
| steps | {steps} in {minutes:.1f} minutes |
| trainable parameters | {trainable:,} of {parameters:,} |
| answers exactly right on `valid` | {exact:.1%} of {valid_pairs} (teacher-forced) |

Exact answers on `valid` chose the weights; they are no measure of success. Success is what
`python -m grader checkpoint {folder}` measures in physics.
"""


SIGHTED = "as rendered"
BLIND = "a grey one in place of each: a **blind twin**, the control that cannot look"


def save_adapter(
    model: Any, folder: Path, base: str, facts: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Saves a tuned adapter with what is needed to rebuild and to judge it.

    Args:
        model: a `PeftModel`.
        folder: where to; its files are replaced one by one, each whole, the weights last.
        base: name, folder or hub id of the base model.
        facts: what the card tells: pairs, scenes, contexts, steps, minutes, ...
        settings: every setting of the run.

    Raises:
        OutputError: if the folder cannot be written.
    """
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        config = json.loads((Path(saved) / CONFIG).read_text())
        weights = (Path(saved) / WEIGHTS).read_bytes()
    config["base_model_name_or_path"] = base
    source, is_blind = resolve_base(base), bool(settings.get("blind"))
    metadata = {
        "version": 1,
        "base": base,
        "base_sha256": weights_sha256(Path(source)) if Path(source).is_dir() else None,
        "blind": is_blind,
        "facts": facts,
        "settings": settings,
        "environment": describe_environment(),
    }
    write_whole(folder / CONFIG, json.dumps(config, indent=2, sort_keys=True) + "\n")
    write_whole(folder / METADATA, json.dumps(metadata, indent=2) + "\n")
    pictures = BLIND if is_blind else SIGHTED
    card = CARD.format(name=folder.name, folder=folder.name, base=base, pictures=pictures, **facts)
    write_whole(folder / "README.md", card)
    write_whole(folder / WEIGHTS, weights)
