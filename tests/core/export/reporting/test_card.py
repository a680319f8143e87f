"""What the dataset card says of a bundle: its header, its first entries, its contents and their origin."""

from collections import Counter
from typing import Any

import pytest

from core.export import parse_recipe
from core.export.bundle import BundleCounts
from core.export.earlier import Changes
from core.export.job import ExportJob
from core.export.reporting.card import _yaml_feature, make_card
from core.export.reporting.report import Provenance

TWO_SPLITS = {"train": 50, "validation": 50}


def card_of(
    recipe: dict[str, Any], counts: BundleCounts | None = None, provenance: Provenance | None = None
) -> list[str]:
    job = ExportJob(parse_recipe(recipe), "Shelf")
    counts = counts or BundleCounts(entries=Counter(train=1200), images=Counter(train=1))
    return make_card(job, counts, provenance or Provenance()).split("\n")


def below(lines: list[str], heading: str) -> list[str]:
    """Return the lines of a section that are not empty."""
    rest = lines[lines.index(heading) + 1 :]
    end = next((at for at, line in enumerate(rest) if line.startswith(("## ", "License: "))), len(rest))
    return [line for line in rest[:end] if line]


COUNTS = BundleCounts(entries=Counter(train=1_200, validation=3), images=Counter(train=1, validation=2))


def test_the_header_names_license_languages_and_the_files_of_each_split() -> None:
    counts = BundleCounts(
        entries=COUNTS.entries, images=COUNTS.images,
        attributes=Counter({("", "", "tr-TR", ""): 2, ("", "", "en", ""): 1, ("", "", "", ""): 1}),
    )  # fmt: skip
    lines = card_of({"format": "csv", "splits": TWO_SPLITS, "license": "CC-BY-4.0"}, counts)

    assert lines[: lines.index("# Shelf")] == [
        "---",
        'license: "cc-by-4.0"',
        "task_categories: [visual-question-answering]",
        'language: ["en", "tr"]',
        "configs:",
        "- config_name: default",
        "  data_files:",
        '  - {split: train, path: "entries_train.csv"}',
        '  - {split: validation, path: "entries_validation.csv"}',
        "  keep_default_na: false",
        "---",
        "",
    ]
    assert "License: CC-BY-4.0." in lines


def test_a_file_of_several_lists_has_a_configuration_for_each_and_the_first_is_the_default() -> None:
    lines = card_of({"format": "coco-captions"})
    assert lines[: lines.index("# Shelf")] == [
        "---",
        "task_categories: [visual-question-answering]",
        "configs:",
        "- config_name: annotations",
        "  data_files:",
        '  - {split: train, path: "captions_train.json"}',
        "  field: annotations",
        "  default: true",
        "- config_name: images",
        "  data_files:",
        '  - {split: train, path: "captions_train.json"}',
        "  field: images",
        "  default: false",
        "---",
        "",
    ]
    assert "License: not stated." in lines


def test_columns_are_described_with_their_types() -> None:
    lines = card_of({"format": "parquet"})
    features = lines[lines.index("  features:") + 1 : lines.index("# Shelf") - 2]

    assert lines[lines.index("  features:") - 1] == "dataset_info:"
    assert features[0] == '  - {"name": "image", "dtype": "image"}'
    assert '  - {"name": "tags", "list": "string"}' in features


def test_lists_of_objects_are_described_with_their_keys() -> None:
    assert _yaml_feature("messages", [{"role": "string", "n": "int64"}]) == {
        "name": "messages",
        "list": [{"name": "role", "dtype": "string"}, {"name": "n", "dtype": "int64"}],
    }
    assert _yaml_feature("box", {"x": "float64"}) == {"name": "box", "struct": [{"name": "x", "dtype": "float64"}]}


def test_the_contents_are_counted_by_split() -> None:
    lines = card_of({"format": "llava", "splits": TWO_SPLITS}, COUNTS)

    assert lines[lines.index("# Shelf") + 2].startswith("1,203 entries on 3 images, exported as LLaVA.")
    assert below(lines, "## Contents")[:4] == [
        "| split | entries | images |", "|---|---:|---:|", "| train | 1,200 | 1 |", "| validation | 3 | 2 |",
    ]  # fmt: skip


def test_the_first_entries_are_cut_to_160_characters_a_cell() -> None:
    counts = BundleCounts(entries=Counter(train=2), first=[("a|b.jpg", "Q\n?", "a" * 160), ("c.jpg", "Q?", "b" * 161)])

    assert below(card_of({"format": "llava"}, counts), "## First entries") == [
        "| image | question | answer |",
        "|---|---|---|",
        f"| a\\|b.jpg | Q ? | {'a' * 160} |",
        f"| c.jpg | Q? | {'b' * 159}… |",
    ]


def test_kinds_types_and_languages_are_counted_where_they_say_something() -> None:
    attributes = Counter({("", "text", "en", ""): 2, ("", "label", "en", ""): 1_000, ("", "a_b", "en", ""): 2})
    lines = card_of({"format": "llava"}, BundleCounts(entries=Counter(train=4), attributes=attributes))

    assert [line for line in lines if line.startswith("By ")] == [
        "By answer type: label 1,000, a\\_b 2, text 2.",
        "By language: en 1,004.",
    ]
    kinds = Counter({("count", "", "", ""): 1, ("", "", "", ""): 2} | {(f"k{n:02}", "", "", ""): 1 for n in range(12)})
    lines = card_of({"format": "llava"}, BundleCounts(entries=Counter(train=4), attributes=kinds))
    listed = ", ".join(f"k{n:02} 1" for n in range(10))
    assert [line for line in lines if line.startswith("By ")] == [
        f"By kind of question: not given 2, count 1, {listed}.",
    ]


def test_the_origin_of_answers_and_images_is_counted() -> None:
    counts = BundleCounts(
        entries=Counter(train=4), edited=1_000, generated={"generated-1.jpg"},
        attributes=Counter(
            {("", "", "", "m_1"): 2, ("k", "", "", "m_1"): 1, ("", "", "", "n"): 5, ("", "", "", ""): 1}
        ),
    )  # fmt: skip
    provenance = Provenance(
        contributors=[Counter(edited=3, confirmed=1_000), Counter(rejected=1)],
        credentials=Counter({"signed": 2}), decontamination="No entry is in the held-out set.",
    )  # fmt: skip

    assert below(card_of({"format": "llava"}, counts, provenance), "## Origin") == [
        "- 5 answers by n",
        "- 3 answers by m\\_1",
        "- 1 answer by people",
        "- Answers of models that people edited: 1,000",
        "- 1 image made by a model; their names begin with generated",
        "- Content Credentials of 2 images of the project: 2 signed, 0 of them said to be made by a model, "
        "0 without any, which proves nothing",
        "- No entry is in the held-out set.",
        "- Person 1 in this project: confirmed 1,000, edited 3",
        "- Person 2 in this project: rejected 1",
    ]
    assert below(card_of({"format": "llava"}), "## Origin") == ["- Answers of models that people edited: 0"]


@pytest.mark.parametrize(
    ("people", "last"), [(12, "- Person 12 in this project: edited 1"), (13, "- and 1 more person")]
)
def test_twelve_people_are_listed(people: int, last: str) -> None:
    provenance = Provenance(contributors=[Counter(edited=1)] * people)
    lines = below(card_of({"format": "llava"}, provenance=provenance), "## Origin")

    assert (lines[1], lines[-1]) == ("- Person 1 in this project: edited 1", last)


def test_report_guidelines_scores_and_changes_are_named_where_there_are_some() -> None:
    changes = Changes(added=1, changed=2, removed=())
    full = card_of(
        {"format": "llava", "report": True},
        provenance=Provenance(guidelines="Be kind.", model_scores=["m: 80 %"], changes=changes),
    )
    plain = card_of({"format": "llava", "report": False})

    for beginning in ("[DATASET", "[GUIDELINES.md](GUIDELINES.md) is what", "- m: 80 %", "## How models answer"):
        assert len([line for line in full if line.startswith(beginning)]) == 1
        assert not [line for line in plain if line.startswith(beginning)]
    assert len(full) > full.index("- m: 80 %") + 3
    assert plain[-2:] == ["License: not stated.", ""]
