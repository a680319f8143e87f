"""The recipe of an export: everything that decides about its bytes."""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from core.db import SPLITS, Split
from core.transform import Augmentation, Preprocessing

__all__ = ["SPLITS", "EntryChoice", "ExportRecipe", "Split", "SplitShares"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntryChoice(_Part):
    """Which entries are exported; an empty list does not restrict."""

    confirmed_only: bool = True
    search: str = Field("", max_length=2000, description="a search line, as on Curate and Explore")
    min_score: float = Field(0.0, ge=0, le=5)
    answer_types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tags: tuple[str, ...] = Field((), description="an entry needs one of them")
    image_ids: tuple[str, ...] = ()
    rejected: bool | None = Field(
        None, description="whether rejected entries are included; None: in formats that use them as worse answers"
    )
    leave_out: tuple[str, ...] = Field(
        (), description="problems whose entries are left out: label, schema, contradiction, check"
    )
    generated_images: bool = Field(True, description="whether images that a model made are included")


class SplitShares(_Part):
    """Shares of the splits in percent; they add up to 100."""

    train: int = Field(100, ge=0, le=100)
    validation: int = Field(0, ge=0, le=100)
    test: int = Field(0, ge=0, le=100)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _add_up_to_100(self) -> "SplitShares":
        if self.train + self.validation + self.test != 100:
            raise ValueError("The shares of train, validation and test must add up to 100.")
        return self

    @cached_property
    def names(self) -> tuple[Split, ...]:
        """The splits with a share, in their usual order."""
        return tuple(name for name in SPLITS if getattr(self, name))


class ExportRecipe(_Part):
    """How an export is made; the same recipe over the same data gives the same bytes."""

    format: str = "llava"
    entries: EntryChoice = EntryChoice()
    container: Literal["zip", "directory", "file"] = "zip"
    rows: str | None = Field(
        None, max_length=10, description="ending of the rows file, like json; None: what the format's readers expect"
    )
    images: Literal["path", "base64", "none"] | None = Field(
        None, description="files in the bundle, data URLs in the rows, or named only; None: what the readers expect"
    )
    image_form: Literal["upright", "original"] | None = Field(
        None, description="upright: rotated, sRGB, without metadata; original: as uploaded; None: what suits the format"
    )
    max_side_px: Annotated[int, Field(ge=64, le=16384)] | None = None
    grouping: Literal["conversation", "turn"] = Field(
        "conversation", description="one row per image with all its turns, or one row per entry"
    )
    metadata: bool = True
    formula_guard: bool = Field(True, description="whether CSV cells that would run as formulas are escaped")
    splits: SplitShares = SplitShares()
    preprocessing: Preprocessing = Field(Preprocessing(), description="how images differ from the originals")
    augmentation: Augmentation = Field(Augmentation(), description="variants of the images")
    report: bool = Field(False, description="whether the bundle has the dataset report, a page for readers")
    license: str = Field(
        "", max_length=100, validation_alias=AliasChoices("license", "licence"), description="of the dataset"
    )
    title: str = Field("", max_length=200)
    since: str = Field(
        "",
        max_length=21,
        pattern="^[A-Za-z0-9_-]*$",
        description="id of an earlier export: images with the same entries, unchanged, are left out, and the others "
        "keep their split; empty for everything",
    )

    @property
    def changes_images(self) -> bool:
        """Whether images differ from the originals in more than being upright, or have variants."""
        return self.preprocessing.changes_images or bool(self.augmentation.variants)

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON values, for storing."""
        return self.model_dump(mode="json")
