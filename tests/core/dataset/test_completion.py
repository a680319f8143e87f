from collections.abc import Callable

from core import ImageDatasets, Projects
from core.accounts.roles import Role
from core.dataset import EntryQueries, parse_search
from core.search_line import EmptyReason, FacetValue
from core.services import Services

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


def test_each_suggested_value_says_how_many_entries_it_finds(
    make: Make, entries: EntryQueries, project: Projects
) -> None:
    make("Which?", kind="color", score=2, tags="red")
    make("How many?", kind="count", tags="red,big")
    make("How big?", kind="count")
    for field in ("kind", "tag", "is", "flagged", "check", "edited", "type"):
        counts = entries.value_counts(project.id, field)
        assert [one.value for one in counts] == list(entries.field_values(project.id, field))
        for one in counts:
            line = f"{field}:{one.value}"
            assert one.count == entries.count_entries(project.id, parse_search(line)), line


def test_suggested_values_are_counted_with_the_rest_of_the_line(
    make: Make, entries: EntryQueries, project: Projects
) -> None:
    make("Which red?", kind="color", score=2, tags="red")
    make("How many red?", kind="count", tags="red,big")
    make("How big?", kind="count", tags="small")
    name = make("Is it red?", kind="yes/no", tags="draft").image_name
    for rest in ("tag:red", "red -tag:draft", "kind:color", "-kind:count", "kind:color is:open -kind:yes/no"):
        for field in ("kind", "tag", "is", "check", "edited", "by"):
            counts = entries.value_counts(project.id, field, query=parse_search(rest))
            assert {one.value for one in counts} == set(entries.field_values(project.id, field))
            numbers = [one.count for one in counts]
            assert 0 not in numbers[: len(numbers) - numbers.count(0)], "those that find nothing are last"
            kept = [term for term in parse_search(rest).terms if field == "tag" or term.field != field or term.negated]
            for one in counts:
                line = f"{' '.join(map(str, kept))} {field}:{one.value}"
                assert one.count == entries.count_entries(project.id, parse_search(line)), line
    assert entries.value_counts(project.id, "image", name, parse_search("kind:yes/no"))[0].count == 1
    assert entries.value_counts(project.id, "image", name, parse_search("tag:nowhere")) == ()


def test_names_of_images_are_suggested_by_a_part_of_them(make: Make, entries: EntryQueries, project: Projects) -> None:
    name = make("Which?").image_name
    make("How many?")
    assert entries.value_counts(project.id, "image", name[1:4].upper()) == (FacetValue(name, name, 2),)
    assert entries.value_counts(project.id, "image", "nowhere") == ()
    assert entries.count_entries(project.id, parse_search(f"image:{name[1:]}")) == 2


def test_an_empty_result_names_the_term_that_leaves_nothing(
    make: Make, entries: EntryQueries, project: Projects
) -> None:
    make("Which color?", kind="color", tags="red")
    make("How many?", kind="count")

    def why(line: str) -> EmptyReason | None:
        return entries.why_empty(project.id, parse_search(line))

    assert why("") is None
    assert why("kind:color") is None
    assert why("kind:cuont is:open") == EmptyReason("kind:cuont", 0, 2, "kind:count")
    assert why("kind:xyzxyz is:open") == EmptyReason("kind:xyzxyz", 0, 2)
    assert why("zebra kind:color") == EmptyReason("zebra", 0, 1)
    assert why("kind:shape kind:size is:open") == EmptyReason("kind:shape kind:size", 0, 2)

    make("How big?", kind="count")
    assert why("kind:count tag:red") == EmptyReason("tag:red", 1, 2)


def test_entries_are_sent_back_to_people_who_have_done_something(
    make: Make, entries: EntryQueries, project: Projects, services: Services
) -> None:
    entry = make("Which?")
    services.review.decide(entry.id, entry.version, "confirm", actor="Ada")
    sample = services.samples.create()
    assert "Ada" in entries.field_values(project.id, "sent")
    assert entries.field_values(sample.id, "sent") == ()


def test_with_accounts_entries_are_sent_back_to_people_who_review_and_to_no_program(
    make: Make, entries: EntryQueries, project: Projects, services: Services
) -> None:
    entry = make("Which?")
    for name in ("ana", "ben"):
        account = services.accounts.create_account(name, "nine green bottles")
        services.memberships.set_role(project.id, account.id, Role.ANNOTATOR)
    services.review.decide(entry.id, entry.version, "confirm", actor="ben")
    services.dataset.update_dataset_entry(entry.id, answer="Two", actor="night import")
    assert entries.field_values(project.id, "sent") == ("ben", "ana")
    assert "night import" in entries.field_values(project.id, "by")
