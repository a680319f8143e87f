"""Images of random bytes, with their rows: the backup copies bytes and decodes nothing."""

import hashlib
import random

from sqlalchemy import insert

from core.db import Database, Images, new_id
from core.images.storage import ImageStorage


def add_originals(db: Database, project_id: str, count: int, *, seed: int = 0, size_bytes: int = 300) -> list[str]:
    """Store *count* originals, record them in one transaction, and return their paths."""
    numbers, storage = random.Random(seed), ImageStorage(db.settings.images_dir, db.data_dir / "cache" / "images")
    rows, placed = [], []
    storage.root.mkdir(parents=True, exist_ok=True)
    with storage.staging() as staging:
        for number in range(count):
            data = numbers.randbytes(size_bytes)
            sha256 = hashlib.sha256(data).hexdigest()
            path = f"{sha256[:2]}/{sha256}.png"
            (staging / str(number)).write_bytes(data)
            placed.append((staging / str(number), path))
            more = {"sha256": sha256, "format": "PNG", "size": len(data)}
            rows.append({"id": new_id(), "project_id": project_id, "image_name": f"{number}.png", "path": path} | more)
        storage.originals.place(placed)
    with db.transaction() as session:
        session.execute(insert(Images), rows)
    return [path for _, path in placed]
