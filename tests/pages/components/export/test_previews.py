"""What an export would write: rows in short, images as the recipe changes them, and the form for these changes."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidInputError
from pages.components.export import image_changes, row_preview
from pages.components.shared import change_form, figure, folded, variant_form
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 400, "x" * 400),
        ("x" * 401, "x" * 400 + "… (401 characters)"),
        (b"123", "the image's bytes"),
        (("a", b"1"), ["a", "the image's bytes"]),
        ({"a": ["y" * 1_200, 3, None]}, {"a": ["y" * 400 + "… (1,200 characters)", 3, None]}),
    ],
)
def test_long_texts_and_bytes_of_a_row_are_shown_in_short(value: Any, shown: Any) -> None:
    assert row_preview._shortened(value) == shown
    assert row_preview._as_text({"größe": b""}) == '{\n  "größe": "the image\'s bytes"\n}'


@pytest.mark.parametrize(("count", "title"), [(1, "Preview of 1 row"), (3, "Preview of 3 rows")])
def test_each_row_stands_beside_its_image(count: int, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [SimpleNamespace(image_id=f"i{n}", sha256="0" * 64, image_name="a.png", row={"n": n}) for n in range(count)]
    keys: list[str] = []
    monkeypatch.setattr(services().exports, "preview", lambda *_of: rows)
    monkeypatch.setattr(figure, "show", lambda *_of, key, **_looks: keys.append(key))
    at = draw(row_preview.show, "p", SimpleNamespace(format="llava"))
    assert at.header[0].value == title
    assert [code.value for code in at.code] == [f'{{\n  "n": {n}\n}}' for n in range(count)]
    assert keys == [f"export-preview-{n}" for n in range(count)]


def format_of(name: str = "llava", *, needs_jpeg: bool = False, is_lossless: bool = False) -> Any:
    return SimpleNamespace(name=name, is_lossless=is_lossless, writer=SimpleNamespace(needs_jpeg=needs_jpeg))


STAYS = "Originals, and images that are only named, stay as they are."


@pytest.mark.parametrize(
    ("is_drawn", "is_lossless", "shape", "made"),
    [
        (False, False, {}, {}),
        (True, True, {}, {}),
        (True, False, {"image_form": "original"}, {}),
        (True, False, {"images": "none"}, {}),
        (True, False, {"image_form": "upright", "images": "path"}, None),
    ],
    ids=["closed", "lossless", "originals", "only named", "changed"],
)
def test_images_are_changed_where_they_are_written_anew(
    is_drawn: bool, is_lossless: bool, shape: dict[str, Any], made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "WAITS", not is_drawn)
    monkeypatch.setattr(change_form, "show", lambda _prefix: {"grayscale": False})
    monkeypatch.setattr(change_form, "unfit", lambda _prefix: "leave_out")
    monkeypatch.setattr(variant_form, "show", lambda _prefix, *, only_train: {"only_train": only_train})
    found: list[Any] = []
    at = draw(lambda: found.append(image_changes.form(format_of(is_lossless=is_lossless), shape)))
    changes = {"grayscale": False, "format": None, "quality": 92, "unfit": "leave_out"}
    assert found == [{"preprocessing": changes, "augmentation": {"only_train": True}} if made is None else made]
    assert (STAYS in read(at)) is (is_drawn and made is not None)


def test_the_file_type_decides_on_the_quality_and_only_parquet_takes_numbers() -> None:
    made: list[Any] = []
    at = draw(lambda: made.append(image_changes._file(format_of())))
    assert made == [{"format": None, "quality": 92}]
    at.selectbox(key="export-file-type").set_value("PNG").run()
    assert made[-1] == {"format": "PNG"}
    assert "export-quality" not in controls(at)
    at.selectbox(key="export-normalize").set_value("half").run()
    half = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
    assert made[-1] == {"format": "PNG", "normalize": {**half, "write": "metadata"}}
    assert "export-floats" not in controls(at)

    at = draw(lambda: made.append(image_changes._file(format_of("parquet", needs_jpeg=True))))
    assert made[-1] == {"format": None, "quality": 92}
    assert "export-file-type" not in controls(at)
    at.selectbox(key="export-normalize").set_value("half").run()
    assert made[-1]["normalize"] == {**half, "write": "metadata"}
    at.toggle(key="export-floats").set_value(True).run()
    assert made[-1]["normalize"] == {**half, "write": "float"}


def image(label: str, entries: int, data: bytes = b"1") -> Any:
    return SimpleNamespace(label=label, data=data, size_wh=(1_600, 120), entries=entries)


def test_a_changed_image_stands_beside_its_original_with_three_variants_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[str | None, str]] = []
    monkeypatch.setattr(figure, "show", lambda url, _name, *, key, **_looks: drawn.append((url, key)))
    original = SimpleNamespace(id="a", sha256="0" * 64, name="a.png", width=3_200, height=240)
    made = [image("Upright", 1), image("Flip", 0, b""), image("Blur", 2), image("Noise", 2)]
    at = draw(image_changes._show, SimpleNamespace(original=original, made=made, left_out=["Flip: left and right."]), 0)
    assert read(at) == [
        "Original, 3,200 x 240 px", "Upright, 1,600 x 120 px, 1 entry", "Flip, 1,600 x 120 px, 0 entries",
        "Blur, 1,600 x 120 px, 2 entries", "expander: Left out, and why", "Flip: left and right.",
    ]  # fmt: skip
    assert [url is None for url, _ in drawn] == [False, False, True, False]
    assert [key for _, key in drawn] == [f"export-changed-0-{of}" for of in ("original", 0, 1, 2)]
    at = draw(image_changes._show, SimpleNamespace(original=original, made=[], left_out=[]), 0)
    assert read(at) == ["Original, 3,200 x 240 px"]


@pytest.mark.parametrize("changes", [True, False])
def test_a_preview_is_made_when_it_is_wanted_and_says_why_it_cannot(
    changes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = [[SimpleNamespace(), SimpleNamespace()]]

    def preview(*_of: object) -> Any:
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    shown: list[int] = []
    monkeypatch.setattr(services().exports, "preview_changes", preview)
    monkeypatch.setattr(image_changes, "_show", lambda _changed, number: shown.append(number))
    at = draw(image_changes.preview, "p", SimpleNamespace(changes_images=changes))
    assert (bool(at.toggle), shown) == (changes, [])
    if changes:
        at.toggle[0].set_value(True).run()
        assert shown == [0, 1]
        found[0] = InvalidInputError("No images.")
        assert read(at.run()) == [r"warning: No images."]
