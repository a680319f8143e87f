"""The quota of a project: how many images its library may have, and how many bytes."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Images, Projects, in_library


@dataclass
class Quota:
    """The limits of a project, None for none, and what is used of them."""

    max_images: int | None
    max_image_bytes: int | None
    images: int = 0
    image_bytes: int = 0

    @property
    def is_limited(self) -> bool:
        return self.max_images is not None or self.max_image_bytes is not None

    @property
    def used_share(self) -> float:
        """The larger one of the shares that are used, 1 when nothing more fits; 0 without a limit."""
        pairs = ((self.images, self.max_images), (self.image_bytes, self.max_image_bytes))
        return max(
            (min(1.0, used / limit) if limit else 1.0 for used, limit in pairs if limit is not None), default=0.0
        )

    def take(self, size_bytes: int) -> str:
        """Count an image in and return "", or return why there is no room for it."""
        if self.max_images is not None and self.images >= self.max_images:
            return (
                f"The project may have {self.max_images:,} images and has them. Delete some, or ask for a larger quota."
            )
        if self.max_image_bytes is not None and self.image_bytes + size_bytes > self.max_image_bytes:
            limit = f"{self.max_image_bytes / 1e6:,.1f} MB of images"
            return f"The project may have {limit}, and this one is too much. Delete some, or ask for a larger quota."
        self.images += 1
        self.image_bytes += size_bytes
        return ""


def quota_of(session: Session, project_id: str, *, count_always: bool = False) -> Quota:
    """Return the quota of a project; what is used is counted where there is a limit, or where the caller shows it."""
    limits = select(Projects.max_images, Projects.max_image_bytes).where(Projects.id == project_id)
    quota = Quota(*(session.exec(limits).first() or (None, None)))
    if quota.is_limited or count_always:
        used = select(func.count(), func.coalesce(func.sum(col(Images.size)), 0)).where(
            Images.project_id == project_id, in_library()
        )
        quota.images, quota.image_bytes = session.exec(used).one()
    return quota
