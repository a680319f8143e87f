"""Which vectors a map is made of."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import ImageVectors
from core.vision.store import WORDS

NO_VECTORS = "No image of this project has a vector yet. Run Analyze images with Similarity first."


def kind_of_map(session: Session, project_id: str) -> str | None:
    """Return the kind of vectors that most images of a project have, None without any; answered by an index."""
    count = func.count()
    query = (
        select(ImageVectors.kind)
        .where(ImageVectors.project_id == project_id, ImageVectors.kind != WORDS)
        .group_by(col(ImageVectors.kind))
        .order_by(count.desc(), func.max(col(ImageVectors.update_at)).desc())
    )
    return session.exec(query.limit(1)).first()
