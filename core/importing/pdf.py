"""Rendering PDF files: runs only in the worker processes of the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError

MAX_PAGES = 500
MAX_PAGE_PIXELS = 25_000_000
RENDER_DPI = 150
_POINTS_PER_INCH = 72


def page_count(path: Path) -> int:
    """Return the number of pages.

    Raises:
        ImageRejectedError: the file is damaged or encrypted, or is no file.
    """
    with _opened(path) as document:
        return len(document)


def render_pages(path: Path, pages: list[int], workdir: Path) -> list[tuple[str, str]]:
    """Write each page (from 0) as PNG into *workdir*; return the file name and the reference of each.

    Raises:
        ImageRejectedError: the document or one of the pages cannot be read.
    """
    made = []
    with _opened(path) as document:
        for number in pages:
            with _translate_errors(number):
                image = _rendered(document[number])
            name = f"page-{number + 1:03}.png"
            image.save(workdir / name, "PNG", compress_level=4)
            made.append((name, f"page {number + 1}"))
    return made


def _rendered(page: Any) -> Any:
    width, height = page.get_size()
    scale = min(RENDER_DPI / _POINTS_PER_INCH, (MAX_PAGE_PIXELS / max(width * height, 1)) ** 0.5)
    return page.render(scale=max(scale, 1e-4)).to_pil().convert("RGB")


def extract_images(path: Path, pages: list[int], workdir: Path) -> list[tuple[str, str]]:
    """Write the images that are embedded in each page into *workdir*, in the order they are drawn.

    Raises:
        ImageRejectedError: the document or one of the pages cannot be read.
    """
    import pypdfium2
    import pypdfium2.raw as raw

    made = []
    with _opened(path) as document:
        for number in pages:
            with _translate_errors(number):
                objects = list(document[number].get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4))
            for count, found in enumerate(objects, 1):
                name = f"page-{number + 1:03}-image-{count:02}"
                try:
                    _write_embedded(found, workdir / name)
                except (pypdfium2.PdfiumError, OSError, ValueError):
                    continue
                made.append((name, f"page {number + 1}, image {count}"))
    return made


def _write_embedded(found: Any, to: Path) -> None:
    """Write an embedded JPEG unchanged, and any other image as PNG with the same pixels."""
    if found.get_filters(skip_simple=True) == ["DCTDecode"]:
        to.write_bytes(bytes(found.get_data(decode_simple=True)))
        return
    width, height = found.get_px_size()
    if width * height > MAX_PAGE_PIXELS * 4:
        raise ValueError("more pixels than an image may have")
    found.get_bitmap(render=False).to_pil().convert("RGB").save(to, "PNG", compress_level=4)


@contextmanager
def _translate_errors(page: int) -> Iterator[None]:
    """Translate what pypdfium2 raises for a page that is missing, or that has no size."""
    import pypdfium2

    try:
        yield
    except (pypdfium2.PdfiumError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise ImageRejectedError(
            f"Page {page + 1} is damaged and cannot be read. Print it into a new PDF.", reason="damaged"
        ) from error


def _opened(path: Path) -> Any:
    import pypdfium2

    # PDFium would wait for the writer of a pipe.
    if not path.is_file():
        raise ImageRejectedError(f"{path.name} is not a file. Choose a PDF.", reason="not-a-file")
    try:
        return pypdfium2.PdfDocument(path)
    except (pypdfium2.PdfiumError, OSError) as error:
        if "password" in str(error).lower():
            raise ImageRejectedError("This PDF needs a password. Save it without one.", reason="encrypted") from None
        raise ImageRejectedError("This PDF is damaged and cannot be opened. Save it again.", reason="damaged") from None
