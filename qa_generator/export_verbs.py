"""What `export`, `import` and `card` of `python -m qa_generator` do, given their options.

What is heavy is imported where it is needed, so that help is instant.
"""

import argparse
from pathlib import Path

from qa_generator.generate_verb import find_splits
from scene_renderer.console import Progress, claim_output, note, print_json, stdout_to_stderr

FORMATS = ("messages", "sharegpt", "context_qa", "qa_pairs", "lerobot")
"""What `--format` takes."""


def export(options: argparse.Namespace) -> None:
    """Writes the pairs of some splits in the form that another library reads."""
    from qa_generator.cards import describe_split
    from qa_generator.export import EXPORTERS, export_pairs

    splits = find_splits(options.data, options.split)
    sizes = [describe_split(options.data, split)["pairs"] for split in splits]
    total = sum(min(size, options.limit or size) for size in sizes)
    with stdout_to_stderr(), Progress("export", total, "pairs", options.quiet) as progress:
        manifest = export_pairs(
            options.format,
            options.data,
            splits,
            options.output,
            limit=options.limit,
            overwrite=options.overwrite,
            on_pair=lambda written: progress.advance(bool(written or not options.limit)),
        )
    told = manifest["splits"].values()
    if options.json:
        print_json({**manifest, "files": len(manifest["files"])})
    else:
        rows = sum(split["rows"] for split in told)
        print(f"{rows} {EXPORTERS[options.format].form.unit} in {options.output}")
    left_out = sum(sum(split["left_out"].values()) for split in told)
    if left_out:
        note(f"{left_out} pairs were left out; {options.output / 'README.md'} says why.")


def import_pairs(options: argparse.Namespace) -> None:
    """Reads and checks a folder of `*_qa_pairs.json` files."""
    from qa_generator.qa_pairs import read_qa_pairs

    pictures, count = set(), 0
    for split in options.split or [None]:
        for row in read_qa_pairs(options.data, split):
            pictures.add(row.image_file)
            count += 1
    if options.json:
        print_json({"pairs": count, "pictures": len(pictures)})
    else:
        print(f"{count} questions about {len(pictures)} pictures in {options.data}")


def card(options: argparse.Namespace) -> None:
    """Writes a data card beside the pairs of all splits."""
    from qa_generator.cards import PAIRS, describe_pairs, write_card
    from qa_generator.rows import pair_features

    path: Path = options.output or options.data / "README.md"
    manifest = describe_pairs(options.data)
    claim_output(path, options.overwrite, resume=None)
    write_card(path, manifest, PAIRS, pair_features())
    if options.json:
        print_json({"card": str(path), **manifest})
    else:
        print(f"card: {path}")
