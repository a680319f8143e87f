"""A path: a directory, a ZIP archive, a PDF, a table, or a file of annotations or an image alone."""

from collections.abc import Iterable
from typing import Any

from core.bucket_address import is_address
from core.errors import InvalidInputError
from core.images.import_context import ImportContext
from core.importing import bucket_items, path_items
from core.importing.sources.base import Source, SourceOption
from core.tasks import ItemPlan


class PathSource(Source):
    """Reads everything at ``path``; ``format`` names the reader of its annotations, by default the one that fits.

    A path like ``s3://bucket/prefix`` is that of objects, see :mod:`core.importing.bucket_items`; with ``in_place``
    their images stay there. An export in the Vitrine format is restored, unless ``restores`` is false: then its files
    are read like others.
    For a PDF also ``embedded`` (its embedded images instead of its pages), ``first_page`` and ``last_page``.
    """

    name = "path"
    label = "Path"
    help = "A folder, ZIP, PDF, Parquet, Arrow, tar, JSON or CSV file of any size."
    input = "path"
    input_label = "Directory or file"
    placeholder = "/srv/images"
    options = (
        SourceOption("embedded", "Images to import", choices={"Pages as images": False, "Embedded images": True}),
        SourceOption("first_page", "First page", "1", minimum=1),
        SourceOption("last_page", "Last page", "last page", minimum=1),
    )

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[ItemPlan]:
        if is_address(str(config.get("path") or "")):
            return bucket_items.plan(config, context)
        if config.get("in_place"):
            raise InvalidInputError("Only images in a bucket can be registered. Import these.", field="in_place")
        return path_items.plan(config, context)
