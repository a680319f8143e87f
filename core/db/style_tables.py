"""Style datasets with their versions and references, brands, and the images made from them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field


class StyleDatasets(Base, table=True):
    """A style dataset in its current version; earlier versions are in ``StyleVersions``."""

    __tablename__: ClassVar[str] = "style_datasets"
    __table_args__ = (Index("ix_style_datasets_project", "project_id", "created_at"),)

    id: str = id_field()
    user_id: str | None = None
    project_id: str = Field(foreign_key="projects.id")
    name: str
    master_prompt: str = ""
    version: int = 1
    created_at: datetime = time_field()
    deleted_at: datetime | None = time_field(now=False)
    draft: dict[str, Any] = json_field(dict)


class StyleVersions(Base, table=True):
    """A version of a style dataset; its images are those with added_in <= version < removed_in."""

    __tablename__: ClassVar[str] = "style_versions"
    __table_args__ = (Index("ix_style_versions_order", "dataset_id", "version", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: str = Field(foreign_key="style_datasets.id")
    version: int
    name: str
    master_prompt: str = ""
    change: str = Field(default="", description="what made it a new version, in words")
    created_at: datetime = time_field()


class StyleDatasetImages(Base, table=True):
    __tablename__: ClassVar[str] = "style_dataset_images"
    __table_args__ = (
        Index("ix_style_images_order", "dataset_id", "position"),
        Index("ix_style_images_image", "image_id"),
    )

    id: str = id_field()
    dataset_id: str = Field(foreign_key="style_datasets.id")
    image_id: str | None = Field(default=None, foreign_key="images.id")
    image_url: str = Field(default="", description="where it comes from when it is not in the library")
    position: int = 0
    analysis_result: dict[str, Any] = json_field(dict)
    features: dict[str, Any] = json_field(dict)
    created_at: datetime = time_field()
    analysis_model: str = Field(
        default="", description="model that wrote the analysis; changes to a person when it is edited"
    )
    added_in: int = Field(default=1, description="version of the style dataset")
    removed_in: int | None = Field(default=None, description="version of the style dataset; None while it belongs")


class BusinessProfiles(Base, table=True):
    __tablename__: ClassVar[str] = "business_profiles"

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id", unique=True)
    business_name: str = ""
    vibes: str = ""
    theme: str = ""


class GeneratedImages(Base, table=True):
    """A generated image with the frozen recipe that made it."""

    __tablename__: ClassVar[str] = "generated_images"
    __table_args__ = (
        Index("ix_generated_project", "project_id", "deleted_at", "created_at", "id"),
        Index("ix_generated_task", "task_id"),
        Index("ix_generated_image", "image_id"),
    )

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    prompt: str
    full_prompt: str = ""
    image_id: str | None = Field(default=None, foreign_key="images.id")
    dataset_id: str | None = Field(default=None, foreign_key="style_datasets.id")
    style: str | None = None
    aspect_ratio: str = "1:1"
    resolution: str = ""
    format: str = ""
    quality: str = ""
    reference_images_count: int = 0
    model: str = ""
    caption: str = ""
    recipe: dict[str, Any] = json_field(dict)
    match: dict[str, Any] = json_field(dict)
    call_id: int | None = Field(default=None, foreign_key="llm_calls.id")
    created_at: datetime = time_field()
    deleted_at: datetime | None = time_field(now=False)
    dataset_version: int | None = None
    kept: bool = Field(default=False, description="put into the project; until then its image is hidden")
    rating: int = Field(default=0, description="a person's thumb: 1 up, -1 down, 0 none")
    cost: float | None = Field(default=None, description="US dollars; None when the price is unknown")
    task_id: str | None = None
    parent_id: str | None = Field(default=None, description="the result it was run again or varied from")
