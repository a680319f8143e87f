"""What a dataset card says of each person's share."""

from collections import Counter

from core import Projects
from core.db import Events, Honeypots
from core.export.reporting.contributors import contributors
from core.services import Services
from tests.core.vision.conftest import add_images


def test_contributors_count_decisions_on_entries_that_were_not_undone(services: Services, project: Projects) -> None:
    def event(actor: str, action: str, entity: str = "entry", undone_by: int | None = None) -> Events:
        return Events(
            batch_id="batch", project_id=project.id, entity=entity, entity_id="x", action=action, actor=actor,
            undone_by=undone_by,
        )  # fmt: skip

    with services.db.transaction() as session:
        session.add_all(
            [
                event("ann", "confirm"), event("ben", "confirm"), event("ben", "confirm"), event("ben", "reject"),
                event("ben", "edit"), event("ann", "rate"), event("ann", "reject", undone_by=1),
                event("ann", "edit", entity="image"),
            ]
        )  # fmt: skip
    with services.db.reading() as session:
        found = contributors(session, project.id)

    assert found == [Counter(confirmed=2, rejected=1, edited=1), Counter(confirmed=1)]


def test_decisions_on_honeypots_do_not_count(services: Services, project: Projects) -> None:
    image = add_images(services, project.id, "a.jpg")["a.jpg"]
    entry, honeypot = (services.dataset.create_dataset_entry(project.id, image, f"{n}?", "A").id for n in range(2))
    with services.db.transaction() as session:
        session.add(
            Honeypots(
                project_id=project.id, entry_id=honeypot, source_id=entry, behind_id=entry, reader="ann",
                shown_answer="A", is_right=True,
            )
        )  # fmt: skip
    services.dataset.confirm_entry(entry, actor="ann")
    services.dataset.confirm_entry(honeypot, actor="ann")

    with services.db.reading() as session:
        assert contributors(session, project.id) == [Counter(confirmed=1)]
