"""What a report says of decisions, and in which order values are listed."""

import json

from core import Projects
from core.checks.reporting import review
from core.checks.reporting.content import counted
from core.checks.reporting.source import read_source
from core.export.reporting.dataset_report import BundleContents
from core.services import Services
from tests.pictures import png


def test_what_is_neither_confirmed_nor_rejected_is_not_reviewed(services: Services, project: Projects) -> None:
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    made = [services.dataset.create_dataset_entry(project.id, added.image.id, f"What {n}?", "A") for n in range(6)]
    for entry, decision in zip(made, ("confirm", "reject", "reject"), strict=False):
        services.review.decide(entry.id, entry.version, decision)
    of_export = BundleContents("Export", "", json.dumps([entry.id for entry in made]), False)

    facts = {fact.label: fact.value for fact in review.decisions(read_source(services.db, project.id, of_export)).facts}
    assert facts["Confirmed by a person"] == "1 of 6 (17%)"
    assert facts["Not reviewed yet"] == "3 of 6 (50%)"
    assert facts["Rejected"] == "2"
    own = {fact.label: fact.value for fact in review.decisions(read_source(services.db, project.id)).facts}
    assert (own["Not reviewed yet"], own["Rejected"]) == ("3 of 4 (75%)", "2")


def test_the_most_frequent_values_come_first_then_by_their_names() -> None:
    table = counted("Kind", [("b", 1), ("a", 1), ("c", 2), ("d", 1)], 5, at_most=2)

    assert table.rows == (("c", "2", "40%"), ("a", "1", "20%"), ("2 other values", "2", "40%"))
    assert table.head == ("Kind", "Entries", "Share")
    assert table.share_column == 2
