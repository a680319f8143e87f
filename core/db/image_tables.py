"""Tables of projects and images."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, Index, and_, literal_column, text
from sqlmodel import Field, col

from core.db.base import Base, id_field, time_field

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
LIBRARY, HIDDEN = "library", "hidden"
IN_LIBRARY = text(f"deleted_at IS NULL AND visibility = '{LIBRARY}'")
IS_HIDDEN = text(f"visibility = '{HIDDEN}'")
IS_VARIANT = text("variant_of IS NOT NULL")
VARIANT = "variant"
"""The source of images that are variants of others."""
IS_PINNED = text("pinned_split IS NOT NULL")
LIKE_ANOTHER = text("near_duplicate_of IS NOT NULL AND deleted_at IS NULL")


class Projects(Base, table=True):
    __tablename__: ClassVar[str] = "projects"

    id: str = id_field()
    name: str
    description: str = ""
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    deleted_at: datetime | None = time_field(now=False)
    analyzers: str = Field(
        default="", sa_column_kwargs={"server_default": text("''")},
        description="comma-separated names of the analyzers that run for new images",
    )  # fmt: skip
    max_images: int | None = Field(default=None, description="how many images its library may have; None: any number")
    max_image_bytes: int | None = Field(
        default=None, sa_column=Column("max_image_bytes", BigInteger, nullable=True),
        description="how many bytes they may have together; None: any number",
    )  # fmt: skip


class Images(Base, table=True):
    """An image of a project; its bytes are stored once, under their sha256."""

    __tablename__: ClassVar[str] = "images"
    __table_args__ = (
        Index(
            "ix_images_identity",
            "project_id",
            "sha256",
            unique=True,
            sqlite_where=IN_LIBRARY,
            postgresql_where=IN_LIBRARY,
        ),
        # Which rows an original belongs to, in any project, deleted or not.
        Index("ix_images_sha256", "sha256"),
        # A covering index for the filters: counting 100,000 rows reads the index alone.
        Index(
            "ix_images_newest",
            "project_id", "deleted_at", "create_at", "id",
            "image_name", "format", "colors", "tags", "width", "height", "near_duplicate_of", "source", "visibility",
        ),
        Index("ix_images_name", "project_id", "deleted_at", "image_name", "id"),
        Index("ix_images_size", "project_id", "deleted_at", "size", "id"),
        Index("ix_images_sharpness", "project_id", "deleted_at", "sharpness", "id"),
        # A partial index: few images are near-duplicates.
        Index(
            "ix_images_groups",
            "project_id", "deleted_at", "near_duplicate_of", "id", "visibility",
            sqlite_where=LIKE_ANOTHER, postgresql_where=LIKE_ANOTHER,
        ),
        Index(
            "ix_images_variants",
            "project_id", "variant_of", "id",
            sqlite_where=IS_VARIANT, postgresql_where=IS_VARIANT,
        ),
        Index("ix_images_pinned", "project_id", "id", sqlite_where=IS_PINNED, postgresql_where=IS_PINNED),
        Index("ix_images_hidden", "project_id", "id", sqlite_where=IS_HIDDEN, postgresql_where=IS_HIDDEN),
    )  # fmt: skip

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    image_name: str
    path: str = Field(description="relative to the storage directory")
    size: int = Field(description="bytes of the original")
    width: int | None = Field(default=None, description="px, upright")
    height: int | None = Field(default=None, description="px, upright")
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    deleted_at: datetime | None = time_field(now=False)

    sha256: str = Field(max_length=64)
    format: str = Field(max_length=8, description="JPEG, PNG or WEBP, by content")
    dhash: str = Field(default="", max_length=16, description="64-bit difference hash, hex")
    near_duplicate_of: str | None = Field(default=None, description="id of the first of its near-duplicates")
    average_color: str = Field(default="", max_length=7, description="#rrggbb")
    colors: str = Field(default="", description="names of the dominant colors, comma-separated, largest share first")
    brightness: float | None = Field(default=None, description="mean L*, 0-100")
    contrast: float | None = Field(default=None, description="spread of L*")
    sharpness: float | None = Field(default=None, description="variance of the Laplacian at 256 px")
    tags: str = ""
    source: str = Field(default="upload", description="upload, zip, directory, sample, generated, ...")
    source_ref: str = Field(default="", description="where in that source: archive member, page, address")
    visibility: str = Field(
        default=LIBRARY, sa_column_kwargs={"server_default": text(f"'{LIBRARY}'")},
        description="library, or hidden: a fetched reference or a result that was not kept",
    )  # fmt: skip

    variant_of: str | None = Field(default=None, description="id of the image that it is a variant of")
    variant_steps: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column("variant_steps", JSON(none_as_null=True), nullable=True),
        description="how it was made of that image, see core.transform.steps",
    )  # fmt: skip

    pinned_split: str | None = Field(default=None, description="train, validation or test: somebody put it there")
    pinned_at: datetime | None = time_field(now=False)

    @property
    def is_in_library(self) -> bool:
        """Whether the image is neither deleted nor hidden."""
        return self.deleted_at is None and self.visibility == LIBRARY


class RegisteredOriginals(Base, table=True):
    """An original that stays where it is: an object in a bucket, which Vitrine reads and never changes or deletes."""

    __tablename__ = "registered_originals"

    id: str = Field(primary_key=True, max_length=64, description="sha256 of its bytes")
    address: str = Field(description="s3://bucket/key")
    etag: str = Field(description="of the object when it was registered; another one means another content")
    size: int = Field(description="bytes")
    create_at: datetime = time_field()


def in_library() -> ColumnElement[bool]:
    """Return the condition that a row of ``Images`` is neither deleted nor hidden."""
    # A literal: a partial index serves a query only when the planner sees the value.
    return and_(col(Images.deleted_at).is_(None), col(Images.visibility) == literal_column(f"'{LIBRARY}'"))


def is_hidden() -> ColumnElement[bool]:
    """Return the condition that a row of ``Images`` is hidden."""
    return col(Images.visibility) == literal_column(f"'{HIDDEN}'")


class ImageHashes(Base, table=True):
    """Each image's difference hash in four 16-bit parts: two hashes that differ in at most 3 bits share a part."""

    __tablename__: ClassVar[str] = "image_hashes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    quarter: int = Field(primary_key=True, description="number of the part (0-3) * 65,536 + its 16 bits")
    image_id: str = Field(foreign_key="images.id", primary_key=True)
