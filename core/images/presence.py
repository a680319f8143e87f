"""Whether the originals of a database can be read by this process, which may have other settings than others."""

from typing import TYPE_CHECKING

from sqlmodel import col, select

from core.db import Database, Projects
from core.errors import ConfigurationError, MissingFileError

if TYPE_CHECKING:
    from core.images.service import ImageService

_PROJECTS = 5


def require_originals(db: Database, images: "ImageService") -> None:
    """Check that the images of the database can be read here, by the newest ones of some projects.

    Raises:
        ConfigurationError: none of them is there.
    """
    projects = select(Projects.id).where(col(Projects.deleted_at).is_(None)).order_by(col(Projects.update_at).desc())
    with db.reading() as session:
        project_ids = session.exec(projects.limit(_PROJECTS)).all()
    newest = [image for project_id in project_ids for image in images.list_images(project_id, limit=1)]
    for image in newest:
        try:
            images.original_path(image)
        except MissingFileError:
            continue
        return
    if newest:
        raise ConfigurationError(
            f"The images of this database are not in {db.settings.storage_url or db.settings.images_dir}. Set "
            f"VITRINE_STORAGE_URL to the bucket that the server uses, or VITRINE_DATA_DIR to the data directory of the "
            f"server on a disk that both have."
        )
