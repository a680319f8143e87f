"""The forms of sources of imports: what is typed, what it may be, and the options of a source."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import object_storage
from pages.components.shared import grid, image_drawer, page, similar
from pages.components.upload import bucket_form, import_forms, recent, source_options, waiting_imports
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    started: list[Any] = []
    monkeypatch.setattr(waiting_imports, "start", lambda _id, config: started.append(config))
    monkeypatch.setattr(waiting_imports, "offer_path", lambda _id, path: started.append(path))
    return started


def with_settings(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    settings = services().db.settings.model_copy(update=changed)
    monkeypatch.setattr(page, "services", lambda: SimpleNamespace(db=SimpleNamespace(settings=settings)))


def test_a_bucket_is_imported_or_registered_once_its_address_is_typed(
    started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, allowed_buckets=["s3://shelf"])
    at = draw(bucket_form.show, "p")
    assert read(at)[0] == "[Import] off"
    assert read(at)[1].endswith("Allowed: s3://shelf.")
    assert controls(at)["import-bucket"].endswith("hint 's3://shelf'")
    at.text_input(key="import-bucket").set_value(" s3://shelf/photos ").run()
    at.button(key="import-bucket-start").click().run()
    at.checkbox(key="import-bucket-stays").set_value(True).run()
    assert read(at)[0] == "[Register]"
    at.button(key="import-bucket-start").click().run()
    assert started == [
        {"source": "path", "path": "s3://shelf/photos", "in_place": stays} for stays in (False, True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("has_sign_in", "said"),
    [(True, "No bucket is allowed yet. Set VITRINE_ALLOWED_BUCKETS."), (False, "")],
)
def test_without_allowed_buckets_only_a_person_alone_may_name_one(
    has_sign_in: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SimpleNamespace(allowed_buckets=[], has_sign_in=has_sign_in)
    monkeypatch.setattr(page, "services", lambda: SimpleNamespace(db=SimpleNamespace(settings=settings)))
    assert (bucket_form._allowed(), bucket_form._example()) == (said, "s3://bucket/photos")


@pytest.mark.parametrize("is_installed", [True, False])
def test_buckets_are_a_source_where_their_library_is(is_installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_storage, "is_installed", lambda: is_installed)
    for has_sign_in, where in ((True, "A path on the server"), (False, "A path on this machine")):
        settings = SimpleNamespace(has_sign_in=has_sign_in)
        monkeypatch.setattr(page, "services", lambda of=settings: SimpleNamespace(db=SimpleNamespace(settings=of)))
        labels = import_forms.labels()
        assert labels["path"] == where
        assert ("bucket" in labels) is is_installed
        assert {"urls", "huggingface"} <= set(labels)


@pytest.mark.parametrize(
    ("is_limited", "roots", "hint", "help_ends"),
    [
        (False, [], "~/Pictures/shelf or /data/shelf.zip", "into the library."),
        (True, ["/srv/a", "/srv/b"], "/srv/a", "Allowed: /srv/a, /srv/b."),
        (True, [], "", "Set VITRINE_IMPORT_ROOTS to the directories to allow."),
    ],
    ids=["every path", "some directories", "none"],
)
def test_a_path_can_be_typed_where_one_is_allowed(
    is_limited: bool, roots: list[str], hint: str, help_ends: str, started: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    context = SimpleNamespace(settings=SimpleNamespace(import_roots=roots), allows_every_path=not is_limited)
    intake = SimpleNamespace(import_context=context)
    monkeypatch.setattr(page, "services", lambda: SimpleNamespace(intake=intake))
    at = draw(import_forms.show, "path", "p")
    field = at.text_input(key="import-path")
    assert (field.placeholder, field.disabled) == (hint, not hint)
    assert read(at)[0] == "[Import] off"
    assert read(at)[1].endswith(help_ends)
    assert at.button(key="import-path-start").proto.type == "primary"
    if hint:
        field.set_value(' "/srv/a/shelf.zip" ').run()
        at.button(key="import-path-start").click().run()
        assert started == ["/srv/a/shelf.zip"]
        monkeypatch.setattr(waiting_imports, "offers_path", lambda _id: True)
        assert at.run().button(key="import-path-start").proto.type == "secondary"


def option(**changed: Any) -> Any:
    given = {"key": "o", "label": "O", "choices": {}, "minimum": None, "placeholder": "", **changed}
    return SimpleNamespace(**given)


@pytest.mark.parametrize(
    ("of", "control", "value"),
    [
        (option(choices={"Pages": "pages", "Images": "images"}), "segmented_control O | value 'Pages' | required",
         "pages"),
        (option(minimum=1, placeholder="All"), "number_input O | value None | min 1 step 1 | hint 'All'", None),
        (option(minimum=0, placeholder="All"), "number_input O | value None | min 0 step 1 | hint 'All'", None),
        (option(placeholder="train"), "text_input O | value '' | hint 'train'", ""),
    ],
    ids=["a choice", "a number", "a number from 0", "a text"],
)  # fmt: skip
def test_an_option_of_a_source_is_a_choice_a_number_or_a_text(of: Any, control: str, value: Any) -> None:
    made: list[dict[str, Any]] = []
    at = draw(lambda: made.append(source_options.show(SimpleNamespace(options=(of,)), "k")))  # type: ignore[arg-type]
    shown = controls(at)["k-o"]
    assert shown.partition(" max ")[0].partition(" step ")[0] == control.partition(" step ")[0]
    assert made == [{"o": value}]


@pytest.mark.parametrize(
    ("input_", "typed", "entered", "label"),
    [("lines", "https://a\n\n https://b ", ["https://a", "https://b"], "Import 2 images"),
     ("text", " owner/shelf ", "owner/shelf", "Import")],
)  # fmt: skip
def test_what_is_typed_is_taken_line_by_line_or_as_one(
    input_: Any, typed: str, entered: Any, label: str, started: list[Any]
) -> None:
    source: Any = SimpleNamespace(
        name="s", input=input_, input_label="Typed", placeholder="", help="Some help.", options=(),
        config_of=lambda entered: {"typed": entered},
    )  # fmt: skip
    at = draw(import_forms._entered, source, "p")
    assert read(at)[0] == "Some help."
    assert read(at)[1].endswith(" off")
    (at.text_area if input_ == "lines" else at.text_input)(key="import-s").set_value(typed).run()
    assert read(at)[1] == f"[{label}]"
    at.button(key="import-s-start").click().run()
    assert started == [{"typed": entered}]


@pytest.mark.parametrize(
    ("found", "total", "where"),
    [(0, 0, None), (24, 24, ""), (24, 1_200, "The newest 24 of 1,200 images")],
)
def test_the_newest_images_are_shown_and_counted_where_there_are_more(
    found: int, total: int, where: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    images = [SimpleNamespace(id=str(n), sha256="0" * 64, image_name="a", width=1_600, height=9) for n in range(found)]

    def find(*_of: object, limit: int) -> Any:
        limits.append(limit)
        return SimpleNamespace(items=images, total=total)

    monkeypatch.setattr(services().library, "find_images", find)
    shown = recent._read("p")
    assert limits == [24]
    assert (None if shown is None else shown.where) == where
    if shown is not None:
        assert (shown.has_previous, shown.has_next, shown.items[0].caption) == (False, False, "1,600 x 9")


def test_a_newest_image_is_opened_among_the_others_and_none_is_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [grid.GridItem(id_, "", id_) for id_ in "ab"]
    acted = {"opened": None, "similar": None}
    done: list[Any] = []
    shown: list[grid.GridPage | None] = [grid.GridPage(items, "", has_previous=False, has_next=False)]
    monkeypatch.setattr(recent, "_read", lambda _id: shown[0])
    monkeypatch.setattr(page, "cached", lambda _key, read_: read_())
    monkeypatch.setattr(
        grid, "show", lambda *_of, selectable, **_how: done.append(selectable) or SimpleNamespace(**acted)
    )
    monkeypatch.setattr(image_drawer, "show", lambda *of: done.append(of))
    monkeypatch.setattr(similar, "go", done.append)
    at = draw(recent.show, "p")
    assert read(at) == ["Added last", "[All images -> images]"]
    acted["opened"] = "b"
    at.run()
    acted |= {"opened": None, "similar": "a"}
    at.run()
    assert done == [False, False, ("b", ["a", "b"]), False, "a"]
    shown[0] = None
    assert read(at.run()) == []
