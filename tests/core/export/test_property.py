"""Any entries in any format pass the checker of the format (property test)."""

import itertools
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.export import FORMATS, ExportRecipe, Format, parse_recipe
from core.export.bundle import check_bundle, write_bundle
from core.export.entries import Entry, ExportImage, ImageGroup
from core.export.job import ExportJob
from core.export.selecting.query import drop_blank
from core.export.selecting.splits import split_of
from core.export.writing.target import open_target

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["<image>", "<IMAGE> <video>", " ", "null", "=1+1", "[]", '["a", "b"]', "{", "\u2028", "\x00", "a\nb", '"', "\\"]
)
_ENTRIES = st.builds(
    Entry,
    id=st.uuids().map(lambda id_: id_.hex[:21]),
    image_id=st.just("image"),
    question_id=st.just("") | st.uuids().map(lambda id_: id_.hex[:21]),
    question=_TEXTS,
    answer=_TEXTS,
    answer_type=st.sampled_from(["text", "label", "custom_format"]),
    kind=st.sampled_from(["", "count"]),
    language=st.sampled_from(["en", "zh-CN", "tr"]),
    model=_TEXTS,
    score=st.integers(0, 10).map(lambda halves: halves / 2),
    generated_answer=st.none() | _TEXTS,
    create_at=st.just("2026-01-01T00:00:00+00:00"),
    tags=_TEXTS,
    note=_TEXTS,
    version=st.integers(1, 9),
    confirmed=st.booleans(),
    rejected=st.booleans(),
    generated_question=st.none() | _TEXTS,
    update_at=st.just("2026-01-01T00:00:00+00:00"),
    more=st.none(),
    more_image_ids=st.just(""),
    conversation_id=st.none(),
    turn=st.just(0),
    system=st.just(""),
    boxes=st.none(),
    ratings=st.none() | st.fixed_dictionaries({"relevance": st.integers(1, 5)}),
    origin=st.sampled_from(["", "imported"]),
)
_IMAGES = st.lists(
    st.tuples(_TEXTS, st.lists(_ENTRIES, min_size=1, max_size=6, unique_by=lambda entry: entry.id)),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one JPEG for each image of an example."""
    directory = tmp_path_factory.mktemp("pictures")
    for number in range(5):
        Image.new("RGB", (16, 12), (10, 40 * number, 200)).save(directory / f"image{number}.jpg")
    return directory


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
@given(images=_IMAGES, grouping=st.sampled_from(["turn", "conversation"]), metadata=st.booleans(), split=st.booleans())
@settings(max_examples=settings().max_examples // 5)
def test_any_entries_pass_the_checker_of(
    format_: Format, images: list[tuple[str, list[Entry]]], grouping: str, metadata: bool, split: bool, pictures: Path
) -> None:
    splits = {"splits": {"train": 50, "validation": 25, "test": 25}} if split else {}
    recipe = parse_recipe(
        {
            "format": format_.name,
            "container": "directory",
            "grouping": grouping,
            "metadata": metadata,
            "image_form": "upright",
        }
        | splits
    )
    with tempfile.TemporaryDirectory() as directory:
        job = ExportJob(recipe, "Any entries")
        target = open_target(Path(directory) / "bundle", recipe.container)
        counts = write_bundle(job, _groups(images, recipe, format_), target, lambda image: pictures / f"{image.id}.jpg")
        target.close()

        check_bundle(job, Path(directory) / "bundle", counts)


def _groups(images: list[tuple[str, list[Entry]]], recipe: ExportRecipe, format_: Format) -> list[ImageGroup]:
    numbers = itertools.count()
    groups = []
    for number, (name, entries) in enumerate(images):
        usable = [Entry._make(values) for values in drop_blank(list(entries), Counter())]
        included = [
            e._replace(id=f"{e.id}{next(numbers)}") for e in usable if format_.includes_rejected or not e.rejected
        ]
        image = ExportImage(
            f"image{number}", name, sha256(str(number).encode()).hexdigest(), "JPEG", 16, 12, 600, "x.jpg",
            "upload", "", "", "", "2026-01-01T00:00:00+00:00",
        )  # fmt: skip
        if included:
            groups.append(ImageGroup(image, tuple(included), split_of(image.sha256, recipe.splits)))
    return groups
