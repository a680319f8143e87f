"""What a bundle leaves out or changes is counted with its reason."""

import pytest
from PIL import Image

from core import Projects
from core.export import parse_recipe
from core.services import Services
from tests.core.images.pictures import drawn, encoded


@pytest.fixture
def strip(services: Services, project: Projects) -> Projects:
    """A project with a usual image and one that is 400 times as long as wide."""
    files = [("usual.png", encoded(drawn(1), "PNG")), ("strip.png", encoded(Image.new("RGB", (1200, 3)), "PNG"))]
    for outcome in services.intake.add_images(project.id, files):
        assert outcome.image is not None
        for answer in ("-5", "=1+1", "@home"):
            services.dataset.create_dataset_entry(
                project.id, outcome.image.id, f"What is {answer}?", answer, "", confirmed=True
            )
    return project


@pytest.mark.parametrize("name", ["qwen", "ms-swift", "ms-swift-kto", "trl"])
def test_strips_that_end_a_run_are_left_out(name: str, services: Services, strip: Projects) -> None:
    report = services.exports.export(strip.id, parse_recipe({"format": name})).report

    assert report["left_out"] == {"an image is over 200 times as long as wide, which ends a run of Qwen-VL": 3}
    assert (report["entries"], report["images"]) == (3, 1)


@pytest.mark.parametrize("name", ["llava", "llama-factory", "parquet"])
def test_other_readers_get_strips(name: str, services: Services, strip: Projects) -> None:
    report = services.exports.export(strip.id, parse_recipe({"format": name})).report
    assert (report["entries"], report["left_out"]) == (6, {})


def test_a_csv_report_counts_the_cells_that_were_changed(services: Services, strip: Projects) -> None:
    changed, unchanged = (
        services.exports.export(strip.id, parse_recipe({"format": "csv", "formula_guard": guard})).report["notes"]
        for guard in (True, False)
    )
    assert any(note.startswith("4 cells begin with an apostrophe that the text does not have") for note in changed)
    assert not [note for note in unchanged if "apostrophe" in note]


@pytest.mark.parametrize("form", ["original", "upright"])
def test_a_report_says_that_originals_may_lie_on_their_side(form: str, services: Services, strip: Projects) -> None:
    report = services.exports.export(strip.id, parse_recipe({"format": "llava", "image_form": form})).report
    assert any("on their side" in note for note in report["notes"]) == (form == "original")


def test_a_report_says_by_whose_rules_it_was_checked(services: Services, strip: Projects) -> None:
    made = services.exports.export(strip.id, parse_recipe({"format": "llama-factory", "container": "directory"}))

    text = (services.db.data_dir / made.path / "EXPORT_REPORT.md").read_text(encoding="utf-8")
    assert "read back after writing, by Vitrine's rules for LLaMA-Factory 0.9.5." in text
    card = (services.db.data_dir / made.path / "README.md").read_text(encoding="utf-8")
    assert (
        "Run in LLaMA-Factory 0.9.5.\n\nWith this bundle in the directory Shelf:\n\n```bash\npip install llama" in card
    )
    assert "\n```\n\n```bash\nllamafactory-cli train" in card


@pytest.mark.parametrize("recipe", [{"format": "csv"}, {"format": "llava", "images": "none"}, {"format": "llava"}])
def test_images_are_counted_also_when_rows_only_name_them(
    recipe: dict[str, str], services: Services, strip: Projects
) -> None:
    report = services.exports.export(strip.id, parse_recipe(recipe)).report
    assert (report["entries"], report["images"], report["splits"]["train"]["images"]) == (6, 2, 2)


def test_a_tag_in_a_note_of_the_report_is_seen_in_markdown(services: Services, strip: Projects) -> None:
    (entry, *_) = services.dataset.list_dataset_entries(strip.id)
    services.dataset.update_dataset_entry(entry.id, answer="It says <image>.")
    made = services.exports.export(strip.id, parse_recipe({"format": "llava", "container": "directory"}))

    text = (services.db.data_dir / made.path / "EXPORT_REPORT.md").read_text(encoding="utf-8")
    assert r"a control word like \<image> or \<|im_end|> in the texts" in text
