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
