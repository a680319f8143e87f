"""Rendering PDF files: runs only in the worker processes of the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import copysign, hypot
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageStat

from core.errors import ImageRejectedError
from core.flatten import flatten
from core.images.decoding_errors import DECODING_ERRORS
from core.images.end_marker import check_scan_data, missing_end
from core.images.pixels import upright

MAX_PAGES = 500
MAX_PAGE_PIXELS = 25_000_000
RENDER_DPI = 150
_POINTS_PER_INCH = 72
_COMPARED_SIDE_PX = 512
# Of an image with fewer pixels for a square point of the page, the picture is in its mask, which may be larger.
_MIN_PIXELS_PER_POINT = 0.25
# More than programs nest.
_MAX_FORM_DEPTH = 16
# Of 255, in the channel that differs most; two JPEG decoders differ by less than 1.
_SAME_MEAN = 4


class Made(NamedTuple):
    """A page or an embedded image."""

    name: str
    """Of its file."""
    reference: str
    problem: str | None = None
    """A sentence: why there is no file."""


def page_count(path: Path) -> int:
    """Return the number of pages.

    Raises:
        ImageRejectedError: the file is damaged or encrypted, or is no file.
    """
    with _opened(path) as document:
        return len(document)


def render_pages(path: Path, pages: list[int], workdir: Path) -> list[Made]:
    """Write each page (from 0) as PNG into *workdir*; return them in their order.

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
            made.append(Made(name, f"page {number + 1}"))
    return made


def _rendered(page: Any) -> Any:
    width, height = page.get_size()
    scale = min(RENDER_DPI / _POINTS_PER_INCH, (MAX_PAGE_PIXELS / max(width * height, 1)) ** 0.5)
    return page.render(scale=max(scale, 1e-4)).to_pil().convert("RGB")


def extract_images(path: Path, pages: list[int], workdir: Path) -> list[Made]:
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
                objects = list(document[number].get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_MAX_FORM_DEPTH))
            for count, found in enumerate(objects, 1):
                name, problem = f"page-{number + 1:03}-image-{count:02}", None
                try:
                    _write_embedded(found, workdir / name)
                except (pypdfium2.PdfiumError, *DECODING_ERRORS):
                    problem = "This image of the PDF is damaged and cannot be read. Import the page instead."
                made.append(Made(name, f"page {number + 1}, image {count}", problem))
    return made


def _write_embedded(found: Any, to: Path) -> None:
    """Write an embedded image as the page shows it: a JPEG unchanged when it looks the same, any other as PNG."""
    width, height = found.get_px_size()
    if width * height > MAX_PAGE_PIXELS * 4:
        raise ValueError("more pixels than an image may have")
    filters = found.get_filters(skip_simple=True)
    data = bytes(found.get_data(decode_simple=True)) if filters in ([], ["DCTDecode"]) else b""
    # With at least one bit for each pixel; PDFium renders what is missing as black.
    if not filters and len(data) < (width + 7) // 8 * height:
        raise ValueError("the data ends too early")
    image = _as_shown(found, width, height)
    if filters and data and _looks_like(data, image):
        to.write_bytes(data)
    else:
        image.save(to, "PNG", compress_level=4)


def _as_shown(found: Any, width: int, height: int) -> Image.Image:
    """Return the image as PDFium renders it in its own size: with its masks and Decode array, mirrored and turned."""
    a, b, c, d = _directions(found)
    image = _rendered_as(found, (a, b, c, d), width, height)
    width_pt, height_pt = hypot(a, b), hypot(c, d)
    is_coarse = width * height < _MIN_PIXELS_PER_POINT * width_pt * height_pt
    if is_coarse and image.has_transparency_data and image.getchannel("A").getextrema() != (255, 255):
        scale = min(RENDER_DPI / _POINTS_PER_INCH, (MAX_PAGE_PIXELS / (width_pt * height_pt)) ** 0.5)
        size = (max(width, round(width_pt * scale)), max(height, round(height_pt * scale)))
        image = _rendered_as(found, (a, b, c, d), *size)
    return flatten(image)


def _rendered_as(found: Any, directions: tuple[float, float, float, float], width: int, height: int) -> Image.Image:
    """Return the image in px, its sides in the directions nearest to those in which the page draws them."""
    import pypdfium2

    a, b, c, d = directions
    matrix: tuple[float, ...] = (0, copysign(width, b), copysign(height, c), 0, 0, 0)
    if abs(a * d) >= abs(b * c):
        matrix = (copysign(width, a), 0, 0, copysign(height, d), 0, 0)
    # PDFium takes the clip path along.
    found.set_matrix(pypdfium2.PdfMatrix(*matrix))
    rendered: Image.Image = found.get_bitmap(render=True, scale_to_original=False).to_pil()
    return rendered


def _directions(found: Any) -> tuple[float, float, float, float]:
    """Return how the upright page draws the sides of an image: by its own matrix, those of the forms around it, and
    the rotation of the page.
    """
    matrix, form = found.get_matrix(), found.container
    while form is not None:
        matrix, form = matrix.multiply(form.get_matrix()), form.container
    a, b, c, d, _, _ = matrix.rotate(found.page.get_rotation()).get()
    return a, b, c, d


def _looks_like(jpeg: bytes, image: Image.Image) -> bool:
    """Return whether the JPEG shows the same without the PDF: it may have other colors, masks and orientation there.

    Raises:
        DECODING_ERRORS: it is damaged.
    """
    if end := missing_end(jpeg, "JPEG"):
        check_scan_data(jpeg)
    small, size_wh = upright(jpeg + end, "JPEG", None, _COMPARED_SIDE_PX)
    if size_wh != image.size:
        return False
    difference = ImageChops.difference(small, image.resize(small.size, Image.Resampling.HAMMING, reducing_gap=2.0))
    return max(ImageStat.Stat(difference).mean) <= _SAME_MEAN


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
        document = pypdfium2.PdfDocument(path)
        # Before the first page is opened: otherwise the fields of forms are drawn without what was filled in.
        with suppress(pypdfium2.PdfiumError):
            document.init_forms()
        return document
    except (pypdfium2.PdfiumError, OSError) as error:
        if "password" in str(error).lower():
            raise ImageRejectedError("This PDF needs a password. Save it without one.", reason="encrypted") from None
        raise ImageRejectedError("This PDF is damaged and cannot be opened. Save it again.", reason="damaged") from None
