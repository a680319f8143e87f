"""Bundles have the guidelines that hold, and their card names them."""

from core import Projects
from core.export import parse_recipe
from core.services import Services
from tests.pictures import png


def test_a_bundle_has_the_newest_guidelines_and_its_card_names_them(services: Services, project: Projects) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    entry = services.dataset.create_dataset_entry(project.id, outcome.image.id, "Color?", "Red.")
    services.review.decide(entry.id, entry.version, "confirm")
    recipe = parse_recipe({"format": "default", "container": "directory"})

    def written() -> tuple[str, str | None]:
        path = services.db.data_dir / services.exports.export(project.id, recipe).path
        file = path / "GUIDELINES.md"
        return (path / "README.md").read_text(), file.read_text() if file.exists() else None

    card, guidelines = written()
    assert ("GUIDELINES.md" in card, guidelines) == (False, None)
    services.guidelines.save(project.id, "Old.")
    services.guidelines.save(project.id, f"Look ![closely](image:{outcome.image.id}).")
    card, guidelines = written()
    assert "[GUIDELINES.md](GUIDELINES.md)" in card
    assert guidelines == "Look *(image: closely)*.\n"
