"""A PDF: its pages as images, or the images embedded in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images import pdf
from core.images.intake import NewFile
from core.images.sandbox import sandbox
from core.images.sources.base import Loaded, Place, in_pieces

_PAGES_OF_A_PIECE = 4


class DocumentSource:
    name = "pdf"
    label = "PDF"

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        path = place.resolve(str(config.get("path", "")))
        try:
            count = sandbox(place.settings).run(pdf.page_count, path)
        except ImageRejectedError as error:
            raise InvalidInputError(str(error), field="path") from error
        first = max(int(config.get("first_page") or 1), 1)
        last = min(int(config.get("last_page") or count), count)
        if first > last:
            raise InvalidInputError(f"The PDF has {count:,} pages; choose among those.", field="first_page")
        if last - first >= pdf.MAX_PAGES:
            raise InvalidInputError(f"At most {pdf.MAX_PAGES} pages at a time. Choose a range.", field="last_page")
        return [{"pages": some} for some in in_pieces(range(first - 1, last), _PAGES_OF_A_PIECE)]

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        path = place.resolve(str(config["path"]))
        work = pdf.extract_images if config.get("embedded") else pdf.render_pages
        book = str(config.get("name") or path.name).replace("#", " ")
        loaded = Loaded([])
        for number in piece["pages"]:
            try:
                made = sandbox(place.settings).run(work, path, [number], workdir)
            except ImageRejectedError as error:
                loaded.refused.append((f"page {number + 1}", str(error)))
                continue
            # With the document's name: what comes from one PDF belongs together wherever it is split.
            loaded.files.extend(NewFile(name, workdir / name, f"{book}, {reference}") for name, reference in made)
        return loaded
