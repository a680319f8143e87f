"""Guidelines in versions: saved, compared, restored, with images of the project."""

import pytest

from core import Images, Projects
from core.audit import AuditFilter
from core.db import HIDDEN, Database
from core.errors import ConflictError, ImageRejectedError, InvalidInputError, NotFoundError
from core.services import Services
from tests.core.dataset.conftest import add_image
from tests.pictures import striped


def test_each_save_is_a_version_that_can_be_read_compared_and_restored(services: Services, project: Projects) -> None:
    of = services.guidelines
    assert (of.guidelines(project.id).version, of.versions(project.id)) == (0, ())
    of.save(project.id, "Count cups.\r\nNo mugs.\n", actor="olga")
    of.save(project.id, "Count cups.\nMugs too.", actor="eda", seen_version=1)
    assert of.save(project.id, "Count cups.\nMugs too.", actor="ana").version == 2  # no change, no version
    restored = of.restore(project.id, 1, actor="olga")
    assert (restored.version, restored.text, restored.restored_from) == (3, "Count cups.\nNo mugs.", 1)
    assert [(one.version, one.created_by) for one in of.versions(project.id)] == [(3, "olga"), (2, "eda"), (1, "olga")]
    assert of.guidelines(project.id, 2).text == "Count cups.\nMugs too."
    assert of.changes(project.id, 1).splitlines() == [
        "--- no guidelines", "+++ version 1", "@@ -0,0 +1,2 @@", "+Count cups.", "+No mugs.",
    ]  # fmt: skip
    assert of.changes(project.id, 2).splitlines()[:2] == ["--- version 1", "+++ version 2"]
    assert of.changes(project.id, 2).splitlines()[2:] == ["@@ -1,2 +1,2 @@", " Count cups.", "-No mugs.", "+Mugs too."]
    acts = services.audit.find(AuditFilter(kind="guideline")).items
    assert [(act.act, act.who, act.label) for act in acts] == [
        ("guideline.restore", "olga", "version 3"), ("guideline.save", "eda", "version 2"),
        ("guideline.save", "olga", "version 1"),
    ]  # fmt: skip
    assert "cups" not in str([act.details for act in acts])


def test_of_two_who_write_at_once_the_later_one_is_told(services: Services, project: Projects) -> None:
    services.guidelines.save(project.id, "One.", actor="olga", seen_version=0)
    with pytest.raises(ConflictError, match="olga has saved version 1 meanwhile"):
        services.guidelines.save(project.id, "Two.", actor="eda", seen_version=0)
    assert services.guidelines.guidelines(project.id).text == "One."


def test_an_image_for_guidelines_is_hidden_and_shown_by_its_id(services: Services, project: Projects) -> None:
    content = striped(1)
    image = services.guidelines.add_image(project.id, "cup.png", content)
    assert (image.visibility, services.library.quota(project.id).images) == (HIDDEN, 0)
    saved = services.guidelines.save(project.id, f"![A cup](image:{image.id})")
    assert f'src="/{image.image_name}"' in services.guidelines.rendered(
        project.id, saved.text, lambda one: f"/{one.image_name}"
    )
    (listed,) = services.intake.add_images(project.id, [("same.png", content)])
    assert listed.outcome == "added"
    with pytest.raises(ImageRejectedError):
        services.guidelines.add_image(project.id, "x.png", b"no image")


def test_images_of_another_project_long_texts_and_unknown_versions_are_refused(
    services: Services, project: Projects, db: Database
) -> None:
    other: Images = add_image(db, services.projects.create_project("Other").id, "secret.jpg")
    with pytest.raises(InvalidInputError, match="has no image"):
        services.guidelines.save(project.id, f"![x](image:{other.id})")
    assert services.guidelines.rendered(project.id, f"![x](image:{other.id})", lambda _: "/secret") == "<p>[x]</p>\n"
    with pytest.raises(InvalidInputError, match="Shorten"):
        services.guidelines.save(project.id, "x" * 50_001)
    for call in (services.guidelines.restore, services.guidelines.guidelines):
        with pytest.raises(NotFoundError):
            call(project.id, 7)


def test_guidelines_with_so_many_brackets_that_parsing_takes_long_are_refused(
    services: Services, project: Projects
) -> None:
    services.guidelines.save(project.id, "![" * 1_000)
    for refused in (services.guidelines.save, lambda id_, text: services.guidelines.rendered(id_, text, str)):
        with pytest.raises(InvalidInputError, match="square brackets until there are at most 1,000") as raised:
            refused(project.id, "![" * 1_001)
        assert raised.value.field == "text"
