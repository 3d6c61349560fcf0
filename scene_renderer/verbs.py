"""What each command of `python -m scene_renderer` does, given its options.

What is heavy is imported where it is needed, so that help is instant.
"""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scene_renderer import console
from scene_renderer.errors import UsageError
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CAMERAS

if TYPE_CHECKING:
    from PIL.Image import Image

    from scene_renderer.compose import Description
    from scene_renderer.episode import Episode
    from scene_renderer.plan import Plan
    from scene_renderer.scene import Scene

DATA = Path("data/default")

ALL = "all"
"""What stands for every camera."""

_RECORD_HZ = 60.0
_STILLS, _EPISODE = (".png", ".jpg"), ".json"


def render(options: argparse.Namespace) -> None:
    """Renders the scenes of a split."""
    from scene_renderer.shards import render_split, scenes_folder

    if options.resume and options.overwrite:
        raise UsageError("--resume and --overwrite exclude each other.")
    folder = scenes_folder(options.output, options.split)
    label = f"render {options.split}"
    progress = console.Progress(label, options.count, "scenes", options.quiet)
    with console.stdout_to_stderr(), progress:
        manifest = render_split(
            folder,
            options.split,
            options.seed,
            options.count,
            options.image_size,
            camera=options.camera,
            workers=options.workers,
            overwrite=options.overwrite,
            resume=options.resume,
            on_shard=progress.advance,
        )
    if options.json:
        console.print_json({"folder": str(folder), **manifest})
        return
    megabytes = sum(file["bytes"] for file in manifest["files"]) / 1e6
    print(f"{options.count} scenes of '{options.split}' in {folder} ({megabytes:.1f} MB)")
    if not options.quiet:
        some = f"{options.split}-{options.seed}-{0:06d}"
        data = "" if options.output == DATA else f" --data {options.output}"
        console.note(f"Look at one: python -m scene_renderer check {some}{data}")


def compose(options: argparse.Namespace) -> None:
    """Builds a scene from a sentence."""
    path, picture = options.output, options.picture
    if path.suffix != _EPISODE:
        raise UsageError(f"'{path}' is no place for a scene; end it in {_EPISODE}.")
    if not options.overwrite:  # what is there stays until the new one is done
        _claim_composed(options)
    with console.stdout_to_stderr():
        from scene_renderer.compose_layout import lay_out

        description = _describe(options)
        scene = lay_out(description, options.seed)
        drawn = _draw_plain(scene, options.image_size) if picture else None
    _claim_composed(options)
    console.write_whole(path, scene.to_json() + "\n")
    if drawn is not None:
        _write_picture(drawn, picture)
    if options.json:
        told = {"output": str(path), "picture": str(picture) if picture else None}
        scene_json = json.loads(scene.to_json())
        console.print_json({**told, "description": description.to_dict(), "scene": scene_json})
        return
    print(path)
    if picture:
        print(picture)
    _note_composed(description, scene, path)


def _claim_composed(options: argparse.Namespace) -> None:
    console.claim_output(options.output, options.overwrite, resume=None)
    if options.picture:
        _claim_picture(options.picture, options)


def _describe(options: argparse.Namespace) -> "Description":
    """Reads a sentence by the grammar, or has it read where an endpoint is configured."""
    from scene_renderer.compose_endpoint import describe, find_endpoint
    from scene_renderer.compose_grammar import parse_description

    endpoint = None if options.offline else find_endpoint(options.model, os.environ)
    if endpoint is None:
        if options.model and not options.offline:
            raise UsageError("--model needs OPENAI_BASE_URL, the address where it is asked.")
        return parse_description(options.text)
    console.note(f"Asking '{endpoint.model}' at {endpoint.url}; --offline does without.")
    return describe(options.text, endpoint)


def _draw_plain(scene: "Scene", size: int) -> "Image":
    from PIL import Image

    from scene_renderer.renderer import Renderer

    return Image.fromarray(Renderer().render(scene, size).image)


def _note_composed(description: "Description", scene: "Scene", path: Path) -> None:
    """Says how the sentence was understood, and what to run next."""
    from scene_renderer.catalogue import GRASPABLE
    from scene_renderer.piles import load_of
    from scene_renderer.sampler import find_untakeable

    told = "; ".join(description.tell(number) for number in range(len(description.groups)))
    stuck = [item.name for item in find_untakeable(scene.objects)]
    free = [
        item.name
        for item in scene.objects
        if item.shape in GRASPABLE and item.name not in stuck and not load_of(scene, item)
    ]
    console.note(f"Understood: {told}.")
    console.note(f"Objects: {', '.join(item.name for item in scene.objects)}.")
    if stuck:
        console.note(f"Too deep in something for the hand: {', '.join(stuck)}.")
    console.note(f"Look at it: python -m scene_renderer check {path}")
    if free:
        console.note(f'Ask the model: python -m vlm plan --scene {path} "lift the {free[0]}"')


def check(options: argparse.Namespace) -> None:
    """Draws a scene with its labels, from one camera or from all."""
    scene = _find_scene(options.source, options)
    path: Path = options.output or Path(f"check-{console.file_name(scene.id)}.png")
    _claim_picture(path, options)
    cameras = CAMERAS if options.camera == ALL else (options.camera or scene.camera.name,)
    with console.stdout_to_stderr():
        from scene_renderer.check import draw_check

        picture = draw_check(scene, options.image_size, cameras)
    _write_picture(picture, path)
    if options.json:
        console.print_json({"picture": str(path), "scene": json.loads(scene.to_json())})
    else:
        print(path)


def catalogue(options: argparse.Namespace) -> None:
    """Draws every shape."""
    path: Path = options.output or Path("catalogue.png")
    _claim_picture(path, options)
    with console.stdout_to_stderr():
        from scene_renderer.sheets import draw_catalogue

        picture = draw_catalogue(options.image_size)
    _write_picture(picture, path)
    _tell(path, options)


def sheet(options: argparse.Namespace) -> None:
    """Draws the first scenes of a split, or of each."""
    path: Path = options.output or Path("sheet.png")
    _claim_picture(path, options)
    splits = [options.split] if options.split else list(SPLITS)
    shape = (options.seed, options.count, options.image_size, options.camera, options.columns)
    with console.stdout_to_stderr():
        from scene_renderer.sheets import draw_split, stack

        picture = stack([draw_split(split, *shape) for split in splits])
    _write_picture(picture, path)
    _tell(path, options)


def animate(options: argparse.Namespace) -> None:
    """Films episodes, draws one's moments, or keeps one."""
    path: Path = options.output
    with console.stdout_to_stderr():
        _check_output(path)
        episodes = _find_episodes(options)
        if len(episodes) > 1 and path.suffix in (*_STILLS, _EPISODE):
            raise UsageError(f"'{path}' holds one episode, not {len(episodes)}; name a film.")
        console.claim_output(path, options.overwrite, resume=None)
        if path.suffix == _EPISODE:
            console.write_whole(path, episodes[0].to_json())
        elif path.suffix in _STILLS:
            from scene_renderer.story import draw_story

            _write_picture(draw_story(episodes[0], options.size, options.camera), path)
        else:
            _film(episodes, options)
    if options.json:
        size, failures = path.stat().st_size, [episode.failure for episode in episodes]
        console.print_json({"output": str(path), "bytes": size, "failures": failures})
    else:
        print(path)


def _film(episodes: "list[Episode]", options: argparse.Namespace) -> None:
    from scene_renderer.animation import animate as film

    with console.Progress("animate", 0, "frames", options.quiet) as progress:

        def on_frame(total: int) -> None:
            progress.total = total
            progress.advance()

        film(
            episodes,
            options.output,
            size_px=options.size,
            speed=options.speed,
            slowdown=options.slow_motion,
            camera=options.camera,
            on_frame=on_frame,
        )


def _check_output(path: Path) -> None:
    if path.suffix not in (*_STILLS, _EPISODE):
        from scene_renderer.video import check_kind

        check_kind(path)


def _find_episodes(options: argparse.Namespace) -> "list[Episode]":
    from scene_renderer.episode import Episode, execute

    sources: list[str] = options.source
    if options.plan is not None:
        if len(sources) > 1:
            raise UsageError(f"A --plan is for one scene, not {len(sources)}.")
        plan, scene = _read_plan(options.plan), _find_scene(next(iter(sources), None), options)
        return [execute(scene, plan, instruction=options.instruction, record_hz=_RECORD_HZ)]
    if not sources:
        raise UsageError("Give an episode's JSON file, or a --plan for a scene.")
    return [Episode.from_json(console.read_text(Path(source))) for source in sources]


def _find_scene(source: str | None, options: argparse.Namespace) -> "Scene":
    from scene_renderer.scene import Scene

    if source is None:
        from scene_renderer.sampler import sample_scene

        return sample_scene(options.seed, options.split, options.index)
    path = Path(source)
    if path.suffix != ".json":
        from scene_renderer.shards import find_scene

        return find_scene(options.data, source)
    return Scene.from_json(console.read_text(path))


def _read_plan(text: str) -> "Plan":
    """Reads a plan given as text, in which a newline may be typed as backslash and n, or a file."""
    from scene_renderer.plan import parse_plan

    is_file = text.endswith(".txt") or (len(text) < 256 and Path(text).is_file())
    return parse_plan(console.read_text(Path(text)) if is_file else text.replace("\\n", "\n"))


def _claim_picture(path: Path, options: argparse.Namespace) -> None:
    from scene_renderer.pictures import check_ending

    check_ending(path)
    console.claim_output(path, options.overwrite, resume=None)


def _write_picture(picture: "Image", path: Path) -> None:
    from scene_renderer.pictures import encode_picture

    console.write_whole(path, encode_picture(picture, path))


def _tell(path: Path, options: argparse.Namespace) -> None:
    if options.json:
        console.print_json({"picture": str(path)})
    else:
        print(path)
