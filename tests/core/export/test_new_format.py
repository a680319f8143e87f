"""A new format is one module and one name: page, API, export and checks need no other change."""

import zipfile
from collections.abc import Iterable

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.api import build_routes
from core.errors import InvalidInputError
from core.export import formats, parse_recipe
from core.export.checks.base import COUNTS_MATCH, NOTHING_EMPTY, Bundle, Checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.writing.base import Writer
from core.runtime import runtime
from pages.components.shared import folded, later
from tests.core.images.pictures import encoded

# --- what a module of core/export/formats would contain ----------------------------------------------------------


def _rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    return ({"line": f"{group.ref}\t{entry.question}\t{entry.answer}"} for entry in group.entries)


class _LinesWriter(Writer):
    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        lines = [f"{row['line']}\n" for row in rows]
        with self.target.open(self.layout.rows_file(group.split)) as file:
            file.writelines(line.encode() for line in lines)
        return self.count(group.split, len(lines))

    def finish(self) -> None:
        """Do nothing: the file is complete."""


class _LinesChecker(Checker):
    checks = (COUNTS_MATCH, NOTHING_EMPTY)

    def examine(self, bundle: Bundle) -> None:
        for split, name in self.row_files(bundle).items():
            with bundle.open(name) as file:
                lines = file.read().decode().splitlines()
            self.expect(f"rows of {split}", self.expected.rows_per_split[split], len(lines))
            for line in lines:
                self.check_text("a line", line)


FORMAT = Format(
    name="toy",
    label="Toy lines",
    help="Lines of tab-separated text.",
    purpose="share",
    load="open('{rows}')",
    rows=_rows,
    writer=_LinesWriter,
    checker=_LinesChecker,
    row_endings=("tsv", "txt"),
    has_conversations=True,
    for_spreadsheets=True,
    companion_files=lambda files: {"SPLITS.txt": "\n".join(sorted(files)).encode()},
    hints=("Lines have three fields.",),
)

# --- and the name of that module, as a line of core/export/formats/__init__.py -----------------------------------


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, FORMAT))


@pytest.fixture
def project_id() -> str:
    """A project with one confirmed entry, in the database of the page."""
    services = runtime.services
    project_id = services.projects.create_project("Shelf").id
    [outcome] = services.intake.add_images(project_id, [("shelf.jpg", encoded())])
    assert outcome.image is not None
    services.dataset.create_dataset_entry(
        project_id, outcome.image.id, "What color?", "Blue.", "offline/measure", confirmed=True
    )
    return project_id


def test_it_is_exported_checked_and_described(project_id: str) -> None:
    services = runtime.services

    made = services.exports.export(project_id, parse_recipe({"format": "toy", "rows": "txt", "grouping": "turn"}))

    assert [(check["name"], check["passed"]) for check in made.report["checks"]] == [
        (COUNTS_MATCH, True), (NOTHING_EMPTY, True), ("Every image opens, is upright and RGB", True),
    ]  # fmt: skip
    assert made.report["load"] == "open('Shelf/toy.txt')"
    assert made.report["notes"] == ["Lines have three fields."]
    with zipfile.ZipFile(services.db.data_dir / made.path) as bundle:
        [image] = [name for name in bundle.namelist() if name.startswith("images/")]
        assert bundle.read("toy.txt").decode() == f"{image}\tWhat color?\tBlue.\n"
        assert bundle.read("SPLITS.txt") == b"train"


def test_its_own_endings_are_the_choice_and_others_are_refused() -> None:
    assert parse_recipe({"format": "toy"}).rows == "tsv"
    with pytest.raises(InvalidInputError, match="Toy lines is not written as json"):
        parse_recipe({"format": "toy", "rows": "json"})
    with pytest.raises(InvalidInputError, match="Toy lines is more than one file"):
        parse_recipe({"format": "toy", "container": "file"})


def test_the_api_exports_it(project_id: str) -> None:
    services = runtime.services
    with TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501") as client:
        body = {"format_style": "toy", "file_format": "bundle"}
        answer = client.post(f"/api/projects/{project_id}/image-datasets/export", json=body)

    assert answer.status_code == 202
    assert answer.json()["config"]["recipe"]["format"] == "toy"


def test_the_page_offers_it_with_its_options(project_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", None)  # AppTest has no visitor
    monkeypatch.setattr(folded, "WAITS", False)
    monkeypatch.setattr(later, "WAITS", False)
    page = AppTest.from_file("../../../Home.py", default_timeout=120)
    page.query_params["project"] = project_id
    page.run()
    page.switch_page("pages/export.py").run()
    _by_key(page.button_group, "purpose").set_value("share").run()

    chosen = _by_key(page.selectbox, "format-share").set_value("toy").run()

    assert not chosen.exception
    assert _by_key(page.selectbox, "export-rows-toy").options == ["TSV", "TXT"]
    assert _by_key(page.selectbox, "export-grouping")
    assert _by_key(page.toggle, "export-formulas").value is True
    assert "What color?" in page.code[0].value


def _by_key(widgets: Iterable[object], key: str) -> object:
    return next(widget for widget in widgets if getattr(widget, "key", None) == key)
