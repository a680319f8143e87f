"""A PDF: its pages as images, or the images embedded in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.images.stored_file import NewFile
from core.importing import pdf
from core.importing.sources.base import LoadedChunk, Source, SourceOption, in_chunks

_PAGES_PER_CHUNK = 4


class DocumentSource(Source):
    """Renders the pages ``first_page`` to ``last_page`` of a PDF, or with ``embedded`` extracts their images."""

    name = "pdf"
    label = "PDF"
    input = "upload"
    suffixes = (".pdf",)
    options = (
        SourceOption("embedded", "Images to import", choices={"Pages as images": False, "Embedded images": True}),
        SourceOption("first_page", "First page", "1", minimum=1),
        SourceOption("last_page", "Last page", "last page", minimum=1),
    )

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[dict[str, Any]]:
        path = context.resolve(str(config.get("path", "")))
        try:
            count = sandbox(context.settings).run(pdf.page_count, path)
        except ImageRejectedError as error:
            raise InvalidInputError(str(error), field="path") from error
        first = max(int(config.get("first_page") or 1), 1)
        last = min(int(config.get("last_page") or count), count)
        if first > last:
            raise InvalidInputError(f"The PDF has {count:,} pages. Choose a page within that.", field="first_page")
        if last - first >= pdf.MAX_PAGES:
            raise InvalidInputError(f"At most {pdf.MAX_PAGES} pages at a time. Choose a range.", field="last_page")
        return [{"pages": some} for some in in_chunks(range(first - 1, last), _PAGES_PER_CHUNK)]

    def load(self, chunk: dict[str, Any], config: dict[str, Any], context: ImportContext, workdir: Path) -> LoadedChunk:
        path = context.resolve(str(config["path"]))
        read = pdf.extract_images if config.get("embedded") else pdf.render_pages
        title = str(config.get("name") or path.name).replace("#", " ")
        loaded = LoadedChunk([])
        for number in chunk["pages"]:
            try:
                made = sandbox(context.settings).run(read, path, [number], workdir)
            except ImageRejectedError as error:
                loaded.rejected.append((f"page {number + 1}", str(error)))
                continue
            # The reference begins with the document, so that splits can keep its images together.
            loaded.files.extend(NewFile(name, workdir / name, f"{title}, {reference}") for name, reference in made)
        return loaded
