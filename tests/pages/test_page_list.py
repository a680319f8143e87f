"""The list of pages."""

from pages import PAGES


def test_overview_is_at_the_root_and_every_other_page_below_its_name() -> None:
    assert [page.name for page in PAGES if page.url_path != page.name] == ["overview"]
    assert next(page for page in PAGES if page.name == "overview").url_path == ""


def test_only_the_team_needs_accounts() -> None:
    assert [page.name for page in PAGES if page.needs_accounts] == ["team"]
