"""What is known about the content of images: analyses, what is derived from them for searching, and vectors."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field


class ImageAnalyses(Base, table=True):
    """The newest result of an analyzer for an image; a result of another version than the present one is stale."""

    __tablename__: ClassVar[str] = "image_analyses"
    __table_args__ = (
        Index("ix_analyses_image", "image_id", "analyzer", unique=True),
        # A covering index: which images lack a result is answered without reading results.
        Index("ix_analyses_version", "project_id", "analyzer", "version", "image_id"),
    )

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    image_id: str = Field(foreign_key="images.id")
    analyzer: str
    version: str = Field(description="program and weights; for a model its name and the prompt's version")
    model: str = Field(default="", description="the model that answered; empty for a local analyzer")
    score: float | None = None
    result: dict[str, Any] = json_field(dict)
    update_at: datetime = time_field(touch=True)


class ImageFindings(Base, table=True):
    """A label that an analyzer found in an image, with its count; derived from the results, for filters and facets."""

    __tablename__: ClassVar[str] = "image_findings"
    __table_args__ = (Index("ix_findings_image", "image_id", "analyzer"), {"sqlite_with_rowid": False})

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    analyzer: str = Field(primary_key=True)
    label: str = Field(primary_key=True, description="lower case")
    image_id: str = Field(foreign_key="images.id", primary_key=True)
    count: int = 1
    score: float = 1.0


class ImageTexts(Base, table=True):
    """The text in an image, and the words about it; derived from the results, for searching."""

    __tablename__: ClassVar[str] = "image_texts"
    __table_args__ = (Index("ix_image_texts_project", "project_id", "image_id"),)

    image_id: str = Field(foreign_key="images.id", primary_key=True)
    project_id: str = Field(foreign_key="projects.id")
    seen: str = Field(default="", description="the lines of text in the image, lower case")
    words: str = Field(default="", description="object labels, tags and caption, lower case")


class ImageVectors(Base, table=True):
    """A vector of an image; vectors of one kind can be compared, and have length 1."""

    __tablename__: ClassVar[str] = "image_vectors"
    __table_args__ = (
        Index("ix_vectors_image", "image_id", "kind", unique=True),
        # A covering index: what changed since an index of vectors was made is known without reading vectors.
        Index("ix_vectors_kind", "project_id", "kind", "update_at", "image_id"),
    )

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    image_id: str = Field(foreign_key="images.id")
    kind: str = Field(description="what made it, with its version")
    vector: bytes = Field(description="float16, little-endian")
    update_at: datetime = time_field(touch=True)
