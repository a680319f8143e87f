"""What a built site must not have: links to nothing, and resources of other servers."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("video", "src"), ("audio", "src"),
           ("link", "href"), ("object", "data"), ("use", "href"), ("image", "href")}  # fmt: skip
_LOADED_BY_CSS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")


class _Page(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str, str]] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src", "data") and value is not None:
                self.links.append((tag, name, value))
            elif name == "srcset" and value:
                self.links += [(tag, "src", part.split()[0]) for part in value.split(",")]


def problems_of(site: Path) -> Iterator[str]:
    """Yield one sentence for each link to nothing and for each resource that another server would have to send."""
    pages = {path: _Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        place = path.relative_to(site)
        for tag, name, value in page.links:
            address = urlsplit(value)
            if address.scheme in ("http", "https") or address.netloc:
                if (tag, name) in _LOADED:
                    yield f"{place} loads {value}"
            elif not address.scheme and (missing := _missing(site, path, address.path, address.fragment, pages)):
                yield f"{place} links to {value}: {missing}"
    for style in sorted(site.rglob("*.css")):
        for found in _LOADED_BY_CSS.findall(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)} loads {found}"


def _missing(site: Path, path: Path, link: str, fragment: str, pages: dict[Path, _Page]) -> str:
    """Return what is wrong with a link inside the site, or an empty text."""
    base = site if link.startswith("/") or path.name == "404.html" else path.parent
    target = (base / unquote(link).lstrip("/")).resolve() if link else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "there is no such file"
    if fragment and target in pages and unquote(fragment) not in pages[target].anchors:
        return "there is no such place on the page"
    return ""
