"""The storage that the settings name: a directory of this machine, or a bucket with a cache on this machine."""

from pathlib import Path

from core.config import Settings
from core.db import Database
from core.images.original_cache import OriginalCache
from core.images.originals_in_place import OriginalsInPlace
from core.images.storage import ImageStorage, LocalOriginals, Originals

_EXAMINED_S = 5.0


def opened_storage(settings: Settings, directory: str | Path | None = None, db: Database | None = None) -> ImageStorage:
    """Return the storage of the images; a bucket is not asked for anything yet.

    Args:
        db: knows the originals that stay in other buckets; without it there are none.
        directory: of the originals, instead of what the settings name; a relative one is below the data directory.

    Raises:
        ConfigurationError: the settings name a bucket, and the extra ``s3`` is not installed.
    """
    cache = settings.data_dir / "cache" / "images"
    root = settings.images_dir if directory is None else settings.data_dir / directory
    own: Originals = LocalOriginals(root)
    in_cache = OriginalCache(settings.data_dir / "cache" / "originals", settings.storage_cache_bytes)
    if directory is None and settings.storage_url is not None:
        from core.images.bucket_originals import BucketOriginals

        own = BucketOriginals(settings, in_cache)
    return ImageStorage(root, cache, own if db is None else OriginalsInPlace(own, db, in_cache))


def examine_storage(settings: Settings) -> tuple[str, bool]:
    """Return where the originals are, and False when something about it needs a look; a bucket is asked.

    Raises:
        VitrineError: the bucket cannot be used.
    """
    if settings.storage_url is None and settings.storage_send_urls:
        return "the originals are in the data directory, so VITRINE_STORAGE_SEND_URLS has no effect", False
    if settings.storage_url is None:
        return "the originals are in the data directory", True
    from core.images.bucket_originals import BucketOriginals

    quick = settings.model_copy(update={"storage_timeout_s": min(settings.storage_timeout_s, _EXAMINED_S)})
    bucket = BucketOriginals(quick, OriginalCache(settings.data_dir / "cache" / "originals", 0))
    cache = f"at most {settings.storage_cache_bytes / 1e9:,.1f} GB of them on this disk"
    if bucket.is_of_another():
        return (
            f"{settings.storage_url} belongs to another data directory: what is deleted for good here stays there; "
            f"{cache}",
            False,
        )
    return f"the originals are in {settings.storage_url}, {cache}", True
