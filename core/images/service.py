"""The public API for images: upload, look up, delete, and read an image's bytes in each rendition."""

import asyncio
import base64
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from core.arguments import require_count, require_id, require_text
from core.db import Database, Images, Page, cached_until_write, cut, require_database
from core.errors import ImageRejectedError, InvalidInputError, MissingFileError
from core.images import filter as filters
from core.images import renditions, tiles
from core.images.content import ImageData, content_of, name_of
from core.images.duplicate_groups import DuplicateFinder
from core.images.filter import ImageFilter
from core.images.image_query import ImageQuery, parse_image_query
from core.images.intake import ImageIntake
from core.images.library import ImageLibrary
from core.images.opened_storage import opened_storage
from core.images.queries import ImageQueries
from core.images.renditions import ImageFile, ModelImage, Rendition, in_parallel, or_raise
from core.images.stats import stats
from core.images.storage import thumbnail_variant
from core.images.tiles import Tile
from core.lazy import Lazy, lazy_import

VIEW_SIDE_PX = 2048
_IMAGES_PER_PAGE = 1_000


class ImageService:
    """The images of all projects; its parts are ``intake``, ``library``, ``queries`` and ``duplicates``."""

    def __init__(self, db_session: Database, storage_path: str | Path | None = None) -> None:
        """
        Args:
            storage_path: the directory of the originals, a relative one below the data directory; by default that of
                the settings, or the bucket that they name.
        """
        self._db = require_database(db_session)
        self.settings = db_session.settings
        self._storage = opened_storage(self.settings, storage_path, db_session)
        self.intake = ImageIntake(db_session, self._storage)
        self.library = ImageLibrary(db_session)
        self.duplicates = DuplicateFinder(db_session)
        # By name: analyses are above this room, and what they import is needed by few.
        self._search = Lazy(lambda: lazy_import("core.vision.search").ImageSearch(db_session))
        self.queries = ImageQueries(db_session, self._search)

    async def upload_image(
        self, project_id: str, image_name: str, image_data: ImageData, generate_thumb: bool = False
    ) -> Images:
        """Store one image and return it; for bytes that the project has already, return the image it has.

        Args:
            image_name: when empty, the name of the file *image_data*, or "image".
            image_data: bytes, a path, a file opened in binary mode, or a ``PIL.Image``, which is stored as an upright
                PNG without metadata.
            generate_thumb: has no effect; a thumbnail is always made.

        Raises:
            InvalidInputError: *image_data* is something else.
            ImageRejectedError: the file is not a JPEG, PNG or WebP image, is damaged, or is too large.
            NotFoundError: the project does not exist.
        """
        require_id(project_id, "project_id")
        require_text(image_name, "image_name")
        content = await asyncio.to_thread(content_of, image_data)
        name = image_name or name_of(image_data)
        (outcome,) = await asyncio.to_thread(self.intake.add_images, project_id, [(name, content)])
        if outcome.image is None:
            raise ImageRejectedError(outcome.reason or "The file is not an image.")
        return outcome.image

    def get_image(self, image_id: str, *, include_hidden: bool = False) -> Images | None:
        """Return the image; None when it does not exist, was deleted, or is hidden and *include_hidden* is false."""
        with self._db.reading() as session:
            image = session.get(Images, require_id(image_id, "image_id"))
        if image is None or image.deleted_at is not None:
            return None
        return image if include_hidden or image.is_in_library else None

    def list_images(self, project_id: str, limit: int = 100, offset: int = 0) -> Page[Images]:
        """Return images, newest first, at most *limit*; ``total`` counts all, :meth:`iter_images` yields all."""
        limit, offset = require_count(limit, "limit"), require_count(offset, "offset")
        query = (
            select(Images)
            .where(*filters.conditions(project_id, ImageFilter()))
            .order_by(col(Images.create_at).desc(), col(Images.id))
        )
        with self._db.reading() as session:
            return cut(session, query, limit, offset)

    def iter_images(self, project_id: str, *, search: str = "", **filters: Any) -> Iterator[Images]:
        """Yield all images, newest first, that match *filters*: fields of :class:`core.images.filter.ImageFilter`.

        Read in pages, so that no transaction stays open.

        Args:
            search: a search line, see :mod:`core.images.image_query`; with words or ``similar:`` the best come first.

        Raises:
            InvalidInputError: there is no such filter, or a value of it does not exist.
        """
        try:
            chosen = ImageFilter(**filters)
        except TypeError:
            known = ", ".join(field.name for field in fields(ImageFilter))
            raise InvalidInputError(f"There is no such filter. Use {known}.") from None
        require_id(project_id, "project_id")
        return self._pages(project_id, parse_image_query(require_text(search, "search")), chosen)

    def _pages(self, project_id: str, query: ImageQuery, chosen: ImageFilter) -> Iterator[Images]:
        find = partial(self.queries.find, project_id, query, image_filter=chosen, limit=_IMAGES_PER_PAGE)
        page = find()
        yield from page.items
        while page.next_cursor is not None:
            page = find(after=page.next_cursor)
            yield from page.items

    def delete_image(self, image_id: str, *, actor: str = "local") -> bool:
        """Delete the image with its questions and entries; :meth:`ImageLibrary.restore_images` undoes it."""
        return self.library.delete_images([image_id], actor=actor).images == 1

    @cached_until_write
    def get_project_image_stats(self, project_id: str) -> dict[str, int]:
        """Return counts: total_images, total_size [bytes], by format, with_questions, with_entries, near_duplicates."""
        with self._db.reading() as session:
            return stats(session, project_id)

    def get_image_data_url(self, image_id: str) -> str | None:
        """Return the full-size view as a base64 data URL; None when the image does not exist."""
        image = self.get_image(image_id)
        if image is None:
            return None
        path = self.view_path(image, None)
        return f"data:{renditions.mime_type(path)};base64,{base64.b64encode(path.read_bytes()).decode()}"

    def find_similar(self, image_id: str, limit: int = 20) -> list[tuple[Images, float]]:
        """Return the images of the same project that are most similar to one, with their cosine (-1 to 1).

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: it has no vector yet; the analyzer ``embedding`` makes them.
        """
        found: list[tuple[Images, float]] = self._search.get().find_similar(image_id, require_count(limit, "limit"))
        return found

    def search_images(self, project_id: str, text: str, limit: int = 60) -> list[tuple[Images, float]]:
        """Return the images whose text, objects, tags or caption mean what *text* says, best first, with a score.

        A word that an image has, or text that stands in it, counts more than a similar meaning.

        Raises:
            InvalidInputError: *text* is empty.
        """
        require_id(project_id, "project_id")
        require_text(text, "text")
        found: list[tuple[Images, float]] = self._search.get().by_words(project_id, text, require_count(limit, "limit"))
        return found

    def original_path(self, image: ImageFile) -> Path:
        """Return the path of the unchanged original.

        Raises:
            MissingFileError: the file is missing.
        """
        return self._storage.originals.file(image.path)

    def original_link(self, image: ImageFile) -> str | None:
        """Return an address in the bucket from which a browser can fetch the original for ``VITRINE_STORAGE_LINKS_S``.

        None when Vitrine has to send it: it is no object, or the settings want no such addresses.
        """
        return self._storage.originals.link(image.path)

    def file_paths(self, project_id: str, image_ids: Collection[str] | None = None) -> dict[str, Path]:
        """Return a file of the original of each image of the project, by its id; one whose file is missing is left out.

        Of a bucket they are fetched first, and stay until the cache needs their space.

        Args:
            image_ids: only of these; None for all.
        """
        query = select(Images.id, Images.path).where(*filters.conditions(project_id, ImageFilter()))
        with self._db.reading() as session:
            wanted = {id_: path for id_, path in session.exec(query) if image_ids is None or id_ in image_ids}
        files = in_parallel(self._file_or_none, list(wanted.values()))
        return {id_: file for id_, file in zip(wanted, files, strict=True) if file is not None}

    def _file_or_none(self, path: str) -> Path | None:
        try:
            return self._storage.originals.file(path)
        except MissingFileError:
            return None

    def thumbnail_path(self, image: ImageFile) -> Path:
        """Return the path of the thumbnail, a small JPEG; it is made again when the cache has lost it."""
        side_px = self._db.settings.thumbnail_side_px
        return self._made(Rendition(image, thumbnail_variant(side_px), "JPEG", side_px))

    def view_path(self, image: ImageFile, max_side_px: int | None = VIEW_SIDE_PX, *, as_jpeg: bool = False) -> Path:
        """Return the path of the view: upright, sRGB, without metadata; the original if it already is all that."""
        return self._made(renditions.view(self._storage, image, max_side_px, as_jpeg=as_jpeg))

    def tile_path(self, image: ImageFile, tile: Tile) -> Path:
        """Return the path of a tile, a PNG with the pixels of the original: upright, in sRGB on white.

        Raises:
            NotFoundError: the image has no such tile.
            ImageRejectedError: the original cannot be decoded any more.
        """
        return tiles.make(self._storage, self._db.settings, image, tile)

    def tile(self, image: ImageFile, tile: Tile) -> bytes:
        """Return the bytes of what :meth:`tile_path` returns, whose file may be removed before it is read."""
        return tiles.read(self._storage, self._db.settings, image, tile)

    def model_image(self, image: ImageFile, max_side_px: int | None = None) -> ModelImage:
        """Return the copy that is sent to a model.

        Args:
            max_side_px: of the longer side; ``model_side_px`` of the settings when None.

        Raises:
            ImageRejectedError: the original cannot be decoded any more.
        """
        return or_raise(self.model_images([image], max_side_px)[0])

    def model_images(
        self, images: Sequence[ImageFile], max_side_px: int | None = None
    ) -> list[ModelImage | ImageRejectedError]:
        """Like :meth:`model_image`, decoded in parallel; an error takes the position of a failed one."""
        side_px = max_side_px or self._db.settings.model_side_px
        views = in_parallel(
            lambda image: renditions.view(self._storage, image, side_px, as_jpeg=image.format == "WEBP"),
            images,
            lambda image: self._storage.is_near(image.path),
        )
        made = renditions.make(self._storage, self._db.settings, views)
        return [
            path if isinstance(path, ImageRejectedError) else renditions.as_sent(image, path, side_px)
            for image, path in zip(images, made, strict=True)
        ]

    def _made(self, wanted: Rendition | Path) -> Path:
        return or_raise(renditions.make(self._storage, self._db.settings, [wanted])[0])
