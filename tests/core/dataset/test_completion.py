from collections.abc import Callable

from core import ImageDatasets, Projects
from core.dataset import EntryQueries

Make = Callable[..., ImageDatasets]


def test_suggested_values_are_the_most_frequent_first_and_none_for_a_missing_value(
    make: Make, entries: EntryQueries, project: Projects
) -> None:
    for kind in ("color", "count", "count", "count", "", ""):
        make(kind=kind)
    assert entries.field_values(project.id, "kind") == ("count", "none", "color")


def test_suggested_tags_end_with_none(make: Make, entries: EntryQueries, project: Projects) -> None:
    make(tags="red,big")
    make(tags="red")
    assert entries.field_values(project.id, "tag") == ("red", "big", "none")


def test_fields_of_numbers_have_no_suggestions(make: Make, entries: EntryQueries, project: Projects) -> None:
    make(score=4)
    assert entries.field_values(project.id, "score") == ()
