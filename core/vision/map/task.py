"""Laying out the map of a project, as a kind of task."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from core.db import Database
from core.errors import InvalidInputError
from core.lazy import lazy_import
from core.tasks import ItemContext, ItemPlan, ItemResult
from core.vision.map.kinds import NO_VECTORS, kind_of_map


class ImageMapTask:
    """Lays out the images of a project that have a vector, in a process of its own."""

    task_type: ClassVar[str] = "image-map"
    label: ClassVar[str] = "Lay out the map"

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def why_on_server(self, config: Mapping[str, Any]) -> str:
        """See ``ServerTaskKind.why_on_server``."""
        return "it writes a file that the server reads"

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``.

        Raises:
            InvalidInputError: no image of the project has a vector.
        """
        with self._db.reading() as session:
            if kind_of_map(session, project_id) is None:
                raise InvalidInputError(NO_VECTORS)
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        # By name: numpy is not imported before somebody lays out a map.
        lay_out = lazy_import("core.vision.map.process").lay_out
        result: dict[str, Any] = await asyncio.to_thread(lay_out, self._db, item)
        return ItemResult(lambda session: result)
