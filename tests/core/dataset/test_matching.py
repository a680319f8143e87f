import pytest

from core import ImageDatasetService, ImageService, Projects
from core.dataset import matching
from core.db import Database
from core.errors import InvalidInputError
from tests.core.dataset.test_service import Make
from tests.pictures import png


@pytest.mark.parametrize("per_page", [1, 2, 5, 6, 100])
def test_all_entries_follow_each_other_oldest_first_over_any_number_of_pages(
    make: Make, dataset: ImageDatasetService, project: Projects, monkeypatch: pytest.MonkeyPatch, per_page: int
) -> None:
    monkeypatch.setattr(matching, "_ENTRIES_PER_PAGE", per_page)
    made = [make(f"Number {number}?").id for number in range(6)]
    assert [entry.id for entry in dataset.iter_dataset_entries(project.id)] == made


def test_entries_made_in_the_same_moment_are_all_found(
    db: Database, make: Make, dataset: ImageDatasetService, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "_ENTRIES_PER_PAGE", 2)
    made = [make(f"Number {number}?") for number in range(5)]
    with db.transaction() as session:
        for entry in made:
            entry.create_at = made[0].create_at
            session.merge(entry)
    assert {entry.id for entry in dataset.iter_dataset_entries(project.id)} == {entry.id for entry in made}


def test_a_decision_between_two_pages_loses_no_entry(
    make: Make, dataset: ImageDatasetService, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "_ENTRIES_PER_PAGE", 2)
    made = [make(f"Number {number}?").id for number in range(6)]
    seen = []
    for entry in dataset.iter_dataset_entries(project.id, confirmed=False):
        seen.append(entry.id)
        dataset.confirm_entry(entry.id)
    assert seen == made


def test_iterating_takes_the_filters_of_the_list(make: Make, dataset: ImageDatasetService, project: Projects) -> None:
    make("Kept?", tags="good", score=4.0, confirmed=True)
    make("Low?", tags="good", score=2.0, confirmed=True)
    make("Open?", tags="good", score=4.0)
    found = dataset.iter_dataset_entries(project.id, confirmed=True, min_score=3, tags="good", search="kept")
    assert [entry.question for entry in found] == ["Kept?"]
    of_4 = dataset.iter_dataset_entries(project.id, min_score=4)
    assert [entry.question for entry in of_4] == ["Kept?", "Open?"]


def test_a_search_line_that_cannot_be_read_is_refused_at_once(dataset: ImageDatasetService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="There is no field called colour"):
        dataset.iter_dataset_entries(project.id, search="colour:red")


def test_all_images_of_a_project_are_iterated_newest_first(
    db: Database, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.images.service._IMAGES_PER_PAGE", 2)
    images = ImageService(db)
    names = [f"{number}.png" for number in range(5)]
    for number, name in enumerate(names):
        images.intake.add_images(project.id, [(name, png((number, 0, 0)))])
    assert [image.image_name for image in images.iter_images(project.id)] == names[::-1]
    assert [image.image_name for image in images.iter_images(project.id, sort="oldest", name="3")] == ["3.png"]


def test_an_unknown_filter_of_images_names_the_known_ones(db: Database, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=r"There is no such filter\. Use name, tag, format, "):
        ImageService(db).iter_images(project.id, colour="red")
