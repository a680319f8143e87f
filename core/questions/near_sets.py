"""Sets of similar images: each with those of the chosen ones whose vectors are nearest."""

from collections.abc import Sequence

from core.db import Database, Images
from core.errors import InvalidInputError
from core.questions.image_sets import MAX_IMAGES
from core.vision.near_pairs import PairSearch
from core.vision.vectors.index import VectorIndex
from core.vision.vectors.pairs import nearest_of_each
from core.vision.vectors.search import VectorSearch

# The nearest may be in a set already.
_CANDIDATES = 4 * MAX_IMAGES

Sets = list[tuple[str, ...]]


class NearSets:
    """Makes sets of similar images; the last ones are kept, because a page asks for the same again and again."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._last: tuple[VectorIndex, tuple[str, ...], int, Sets] | None = None

    def sets_of(self, images: Sequence[Images], max_images: int) -> Sets:
        """Return the ids of the images of each set: an image, then its nearest neighbors that are in no set yet.

        Each image is in at most one set; one that stays alone or has no vector is left out.

        Args:
            images: of one project, in the order in which they were chosen.

        Raises:
            InvalidInputError: none of the images has a vector.
        """
        ids = tuple(image.id for image in images)
        kind = self._db.shared(PairSearch).kind(images[0].project_id) if images else None
        index = self._db.shared(VectorSearch).index(images[0].project_id, kind) if kind is not None else None
        if index is None:
            raise InvalidInputError(
                "These images have no vectors yet. Analyze them for similarity first.", field="sets"
            )
        if self._last is None or self._last[0] is not index or self._last[1:3] != (ids, max_images):
            self._last = (index, ids, max_images, _sets(index, ids, max_images))
        return list(self._last[3])


def _sets(index: VectorIndex, image_ids: Sequence[str], max_images: int) -> Sets:
    place_of = {image_id: place for place, image_id in enumerate(index.ids)}
    ids = [image_id for image_id in image_ids if image_id in place_of]
    neighbors = nearest_of_each(index.vectors[[place_of[image_id] for image_id in ids]], _CANDIDATES)
    free = [True] * len(ids)
    sets: Sets = []
    for place, image_id in enumerate(ids):
        if not free[place]:
            continue
        others = [int(other) for other in neighbors[place] if other >= 0 and free[other]][: max_images - 1]
        if others:
            for one in (place, *others):
                free[one] = False
            sets.append((image_id, *(ids[other] for other in others)))
    return sets
