"""Names of files: any text becomes a label that can be shown and is never a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Projects
from core.images.import_outcome import label_of, repaired
from core.images.structure import EXTENSIONS
from core.services import Services
from tests.core.images.pictures import encoded

HOSTILE_NAMES = [
    "../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "C:\\Windows\\x.png", "\\\\host\\share\\x.png", "CON",
    "NUL.png",
    "a\0b.png", "a\nb.png", "\u202egnp.exe", "x" * 300 + ".png", "-rf.png", "=1+1.png", "", ".", "..", "   ",
    "e\u0301.png", "\ud800.png", "\u200b.png", "<img src=x onerror=alert(1)>.png", "a/b/", "💾.png",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_a_label_and_never_a_path(name: str, services: Services, project: Projects) -> None:
    before = {path for path in services.db.data_dir.parent.rglob("*") if "data" not in path.parts}
    (outcome,) = services.intake.add_images(project.id, [(name, encoded(format_="PNG"))])

    assert outcome.image is not None
    label = outcome.image.image_name
    assert 0 < len(label) <= 200
    assert not any(character in label for character in "/\\\0\n\r\u202e\u200b")
    assert label.endswith(".png")
    root = services.db.data_dir / "uploads" / "images"
    assert [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()] == [outcome.image.path]
    assert {path for path in services.db.data_dir.parent.rglob("*") if "data" not in path.parts} == before


@given(st.text())
def test_any_text_becomes_a_label_that_can_be_stored(name: str) -> None:
    label = label_of(name)

    assert 0 < len(label) <= 200
    assert "/" not in label
    assert label.encode("utf-8")
    assert label_of(label) == label
    assert repaired(name, "PNG")[0].lower().endswith(EXTENSIONS["PNG"])


@pytest.mark.parametrize(
    "name",
    [
        "👩\u200d👩\u200d👧\u200d👦 family.jpg", "🏳\ufe0f\u200d🌈.png", "🧑🏽\u200d🌾.jpg", "1\ufe0f⃣.jpg",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.png",  # the flag of England
        "می\u200cخواهم.jpg", "نمایش\u200cنامه ۲.png", "क्\u200dष.jpg", "ക്\u200dക.jpg",
        "سنة \u0601١٩٩٩.jpg", "שלום.jpg", "العربية.png", "葛\U000e0100飾区.jpg", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ.jpg",
        "\U0001fae8 newer than Unicode 14.jpg", "\uf8ff private use.jpg", "éx.jpg",
        "#1 100% a+b & c=d; 'e' \"f\" (g) [h] {i} ~j!.jpg", "= formula.jpg", "한국어.jpg", "照片.jpg", "ﬁle.jpg",
    ],
)  # fmt: skip
def test_a_name_keeps_what_people_wrote(name: str) -> None:
    assert repaired(name, "PNG" if name.endswith("png") else "JPEG") == (name, None)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("\u202egnp.exe.jpg", "gnp.exe.jpg"),
        ("a\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069b.jpg", "ab.jpg"),
        ("a\u200e\u200f\u061cb.jpg", "ab.jpg"),
        ("a\u200b\u2060\ufeff\u00adb.jpg", "ab.jpg"),
        ("a\x00\x07\x1b[31m\x7f\x9bb.jpg", "a[31mb.jpg"),
        ("a\u2028b\u2029c.jpg", "abc.jpg"),
        ("a\ufffe\uffff\ufdd0\U0001ffffb.jpg", "ab.jpg"),
        ("\u200da\u200d.\u200djpg\u200c", "a.jpg"),
        ("a \u200d b\u200d\u200d\u200dc.jpg", "a b\u200dc.jpg"),
        ("hidden\U000e0069\U000e0067\U000e006e text.jpg", "hidden text.jpg"),
        ("🏴\U000e0067\U000e0062.jpg", "🏴.jpg"),
        ("\u200d\u200c", "image"),
        ("x" * 188 + "\u200d" + "y" * 100 + ".jpg", "x" * 188 + ".jpg"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("set\\照片/می\u200cخواهم.jpg", "می\u200cخواهم.jpg"),
    ],
)
def test_what_is_invisible_or_turns_text_around_is_left_out(name: str, label: str) -> None:
    assert label_of(name) == label
