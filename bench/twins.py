"""How many answers about real photographs can be guessed: before, after pruning to 50 %, and after twins.

    python bench/twins.py --labeled FOLDER [--images 256]

The photographs have labels in the form of YOLO, ``images/PART/*.jpg`` and ``labels/PART/*.txt``, with COCO's classes.
As in a dataset made from captions, each photograph is asked whether things are there that are, how many there are of
one of them, and for every fifth of these questions whether one is there that is not. The labels answer. Twins are
asked with offline/see, and the labels tell how many of its answers are right. Nothing is paid.

``vitrine models add objects`` brings the model.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.see import labels_of
from core import connect
from core.llm.offline.see.vocabulary import LABELS, vocabulary
from core.services import Services

_THINGS = 3
"""Of a photograph that are asked for at most."""
_SEE = {"llm_config": {"model": "offline/see"}}
Facts = dict[tuple[str, str], str]
"""The right answer by the name of the photograph and the question."""


def facts_of(folder: Path, paths: list[Path]) -> Facts:
    """Return every answer that the labels give, for all labels and photographs."""
    words, facts = vocabulary("en"), dict[tuple[str, str], str]()
    for path in paths:
        boxes = labels_of(folder, path)
        for label in LABELS:
            facts[path.name, words.question("present", label)] = "Yes" if label in boxes else "No"
            facts[path.name, words.question("count", label)] = str(len(boxes.get(label, ())))
    return facts


def asked_of(folder: Path, path: Path, rng: random.Random) -> list[str]:
    """Return the questions about a photograph, as one who sees it asks."""
    words, there = vocabulary("en"), sorted(labels_of(folder, path))
    chosen = rng.sample(there, min(_THINGS, len(there)))
    asked = [words.question("present", label) for label in chosen]
    asked += [words.question("count", label) for label in chosen[:1]]
    if rng.random() < len(asked) / 5:
        asked.append(words.question("present", rng.choice([label for label in LABELS if label not in there])))
    return asked


async def measure(services: Services, folder: Path, paths: list[Path]) -> dict[str, Any]:
    """Return the numbers of a project with the photographs."""
    facts, rng = facts_of(folder, paths), random.Random(0)
    project = services.projects.create_project("Photographs")
    for path in paths:
        (outcome,) = services.intake.add_images(project.id, [(path.name, path.read_bytes())])
        if outcome.image is None:
            continue
        for question in asked_of(folder, path, rng):
            services.dataset.create_dataset_entry(project.id, outcome.image.id, question, facts[path.name, question])
    began = time.perf_counter()
    await services.analysis.analyze(project.id, analyzers=("objects", "text", "embedding"))
    print(f"analyzed in {time.perf_counter() - began:.0f} s", flush=True)
    before = await services.checks.run(project.id, "guessable")
    pruned = await services.checks.run(project.id, "balance", target=0.5)
    began = time.perf_counter()
    drafted = await services.twins.draft(project.id, _SEE | {"max_twins": 20_000, "tries": 24})
    twins = [entry for entry in services.dataset.iter_dataset_entries(project.id, search="tag:twin") if entry.model]
    right = sum(facts[entry.image_name, entry.question].lower() == entry.answer.lower() for entry in twins)
    return {
        "before": before, "pruned": pruned, "drafted": drafted, "twins": len(twins), "right": right,
        "drafting_s": time.perf_counter() - began,
    }  # fmt: skip


def report(found: dict[str, Any]) -> None:
    before, pruned, drafted = found["before"], found["pruned"], found["drafted"]
    print(f"before: {before['guessed']} of {before['entries']} answers guessed, {before['share']:.3f}")
    print(f"majority: {before['majority']['share']:.3f} by always answering {before['majority']['answer']!r}")
    print(
        f"pruned to 50 %: {pruned['after']['share']:.3f} of {pruned['after']['entries']}, {pruned['left_out']} left out"
    )
    after = drafted.get("after", before)
    print(f"with twins: {after['share']:.3f} of {after['entries']}; {drafted.get('share_with_twin', 0):.3f} have one")
    print(f"twins: {found['twins']}, {found['right']} right by the labels, {drafted['asked']} asked")
    print(f"drafting and measuring took {found['drafting_s']:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labeled", type=Path, required=True)
    parser.add_argument("--images", type=int, default=256)
    chosen = parser.parse_args()
    paths = sorted((chosen.labeled / "images").glob("*/*.jpg"))[: chosen.images]
    with tempfile.TemporaryDirectory(dir=os.environ.get("VITRINE_BENCH_DIR")) as directory, connect(directory) as db:
        services = Services(db)
        try:
            report(asyncio.run(measure(services, chosen.labeled, paths)))
        finally:
            services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
