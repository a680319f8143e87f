"""Builds the documentation: ``make docs`` writes it to ``site/``.

The Markdown files of ``docs/`` are copied to a temporary directory, the references and the tour are written beside
them, and zensical makes pages of all. Nothing is fetched, and a link to nothing fails the build.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from core.api.rest import build_api  # noqa: E402
from docs.generator.formats_reference import formats_page  # noqa: E402
from docs.generator.glossary import glossary_page  # noqa: E402
from docs.generator.html_check import problems_of  # noqa: E402
from docs.generator.notebook import notebook_page  # noqa: E402
from docs.generator.python_reference import python_pages  # noqa: E402
from docs.generator.rest_reference import rest_pages  # noqa: E402

_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]*)-light\.webp\)")
_NOT_PAGES = shutil.ignore_patterns("generator", "__pycache__", "*.pyc")


def build(target: Path) -> list[str]:
    """Build the site into *target*, which is replaced, and return what is wrong with it.

    Raises:
        RuntimeError: zensical found a broken link or failed; the message is what it printed.
    """
    with tempfile.TemporaryDirectory() as directory:
        stage = Path(directory)
        _write_pages(stage / "docs")
        settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
        settings["nav"] = complete_nav(settings["nav"], stage / "docs")
        (stage / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", "mkdocs.yml"],
            cwd=stage, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ended.returncode:
            raise RuntimeError(ended.stdout + ended.stderr)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(stage / "site", target)
    return list(problems_of(target.resolve()))


def _write_pages(docs: Path) -> None:
    shutil.copytree(ROOT / "docs", docs, ignore=_NOT_PAGES)
    for page in docs.rglob("*.md"):
        page.write_text(_with_dark_pictures(page), encoding="utf-8")
    made = {**python_pages(ROOT), **rest_pages(build_api(lambda: None).openapi())}  # type: ignore[arg-type, return-value]
    made |= {"formats.md": formats_page(), "glossary.md": glossary_page(ROOT)}
    for name, text in made.items():
        path = docs / "reference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    tour = docs / "tour.ipynb"
    (docs / "tour.md").write_text(notebook_page(tour.read_text(encoding="utf-8")), encoding="utf-8")


def _with_dark_pictures(page: Path) -> str:
    """Return the text of *page* with the dark twin of each picture that has one; the colors of the site choose."""

    def both(found: re.Match[str]) -> str:
        alternative, name = found.groups()
        if not (page.parent / f"{name}-dark.webp").exists():
            return found[0]
        return f"![{alternative}]({name}-light.webp#only-light)\n![{alternative}]({name}-dark.webp#only-dark)"

    return _PICTURE.sub(both, page.read_text(encoding="utf-8"))


def complete_nav(nav: list[Any], docs: Path) -> list[Any]:
    """Return *nav* with the files of each directory that it names, and with a last section of pages it does not name.

    So a new page is in the navigation at once, and one line of ``mkdocs.yml`` gives it its place.
    """
    named = set(_paths(nav))
    listed = {path for path in named if path.endswith("/")}
    pages = sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md"))
    more = [page for page in pages if page not in named and not any(page.startswith(path) for path in listed)]
    completed = _with_files(nav, pages)
    return [*completed, {"More": more}] if more else completed


def _paths(nav: list[Any]) -> list[str]:
    values = [next(iter(item.values())) if isinstance(item, dict) else item for item in nav]
    return [path for value in values for path in (_paths(value) if isinstance(value, list) else [value])]


def _with_files(nav: list[Any], pages: list[str]) -> list[Any]:
    completed: list[Any] = []
    for item in nav:
        label, value = next(iter(item.items())) if isinstance(item, dict) else ("", item)
        if isinstance(value, list):
            completed.append({label: _with_files(value, pages)})
        elif value.endswith("/"):
            inside = [page for page in pages if page.startswith(value)]
            completed.append({label: sorted(inside, key=lambda page: not page.endswith("/index.md"))})
        else:
            completed.append(item)
    return completed


def main() -> None:
    target = ROOT / "site"
    try:
        problems = build(target)
    except RuntimeError as error:
        sys.exit(str(error))
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(list(target.rglob('*.html')))} pages are in {target.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
