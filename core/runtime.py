"""The one object that owns what exists once per process: database, services, event loop, task engine, warm-up.

Importing this module is cheap. What it owns is created lazily, see :mod:`core.lazy`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from core import logs
from core.lazy import Lazy, lazy_import
from core.warmup import WarmUp

if TYPE_CHECKING:
    from core.db import Database
    from core.services import Services


class Runtime:
    """Creates what the process shares lazily, and closes it in the right order."""

    def __init__(self) -> None:
        self._database = Lazy(_open_database)
        self._services = Lazy(self._make_services)
        self.warm_up = WarmUp(self._prepare_first_page, self._prepare_the_rest)

    @property
    def database(self) -> "Database":
        """The configured database, migrated to the current schema at its first use."""
        return self._database.get()

    @property
    def services(self) -> "Services":
        """Every service over the database; the first use imports every package."""
        return self._services.get()

    def opened_database(self) -> "Database | None":
        """Return the database, or None when nothing has opened it yet."""
        return self._database.peek()

    def close(self, *, keep_image_workers: bool = False) -> None:
        """Stop tasks, then the event loop, the image workers and the database; a later use opens them again.

        Starting image workers takes half a second, so tests keep them.
        """
        self.warm_up.stop()
        self.warm_up = WarmUp(self._prepare_first_page, self._prepare_the_rest)
        if services := self._services.take():
            services.close(keep_image_workers=keep_image_workers)
        if database := self._database.take():
            database.close()

    def _make_services(self) -> "Services":
        lazy_import("core.services")
        from core.services import Services

        return Services(self.database)

    def _prepare_first_page(self) -> None:
        logs.configure_logging(json_lines=self.database.settings.log_json)
        self.services.projects.list_projects()
        self.services.tasks.list_tasks(active_only=True)

    def _prepare_the_rest(self) -> Iterator[Callable[[], object]]:
        yield lambda: self.services.engine
        yield self.services.llm.warm_up
        yield _import_table_libraries
        yield self.services.intake.remove_leftovers
        yield self.services.uploads.remove_abandoned
        yield self.services.mover.remove_leftovers


def _import_table_libraries() -> None:
    import pandas  # noqa: F401 - Streamlit imports both with the first table of a page
    import pyarrow  # noqa: F401


def _open_database() -> "Database":
    lazy_import("core.services")
    from core.config import load_settings
    from core.db.database import open_database

    return open_database(load_settings())


runtime = Runtime()
"""The runtime of this process."""
