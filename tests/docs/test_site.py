"""The documentation as a site: built without a network, with no broken link and nothing that other servers send."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from docs.generator.build import build

    target = tmp_path_factory.mktemp("built") / "site"
    with pytest.MonkeyPatch.context() as settings:
        for name in ("http_proxy", "https_proxy", "all_proxy"):  # whatever is fetched meets a closed port
            settings.setenv(name, "http://127.0.0.1:9")
            settings.setenv(name.upper(), "http://127.0.0.1:9")
        assert build(target) == []
    return target


def test_the_site_has_the_pages_of_docs_the_references_and_the_tour(site: Path) -> None:
    written = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md") if path.name != "README.md"}
    built = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    assert (
        written | {"tour", "reference/python/ImageService", "reference/rest/entries", "reference/rest/schemas"} <= built
    )
    method = (site / "reference" / "python" / "ImageService.html").read_text(encoding="utf-8")
    assert "for bytes that the project has already, return the image it has" in method
    route = (site / "reference" / "rest" / "entries.html").read_text(encoding="utf-8")
    assert 'href="schemas.html#NewEntry"' in route


def test_the_navigation_has_a_page_that_it_does_not_name_at_its_end(tmp_path: Path) -> None:
    from docs.generator.build import complete_nav

    for name in ("index.md", "NEW.md", "reference/b.md", "reference/index.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    completed = complete_nav([{"Quick start": "index.md"}, {"Reference": "reference/"}], tmp_path)
    assert completed == [
        {"Quick start": "index.md"}, {"Reference": ["reference/index.md", "reference/b.md"]}, {"More": ["NEW.md"]},
    ]  # fmt: skip


def test_a_link_to_nothing_and_a_resource_of_another_server_are_found(tmp_path: Path) -> None:
    from docs.generator.html_check import problems_of

    (tmp_path / "a.html").write_text(
        '<h2 id="here">A</h2><a href="#here"></a><a href="#gone"></a><a href="b.html"></a><img src="no.png">'
        '<a href="https://example.org/"></a><script src="//cdn.example.org/x.js"></script>'
        '<link href="https://fonts.example.org/f.css">'
    )
    (tmp_path / "a.css").write_text("@import 'https://fonts.example.org/g.css'; b { background: url(data:image/png,) }")
    assert list(problems_of(tmp_path)) == [
        "a.html links to #gone: there is no such place on the page",
        "a.html links to b.html: there is no such file",
        "a.html links to no.png: there is no such file",
        "a.html loads //cdn.example.org/x.js",
        "a.html loads https://fonts.example.org/f.css",
        "a.css loads https://fonts.example.org/g.css",
    ]
