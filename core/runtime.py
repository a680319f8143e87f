"""The one object that owns what exists once per process: database, services, event loop, task engine, warm-up.

Importing this module is cheap. What it owns is created lazily, see :mod:`core.lazy`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from core import logs
from core.housekeeping import Housekeeping
from core.lazy import Lazy, lazy_import
from core.warmup import WarmUp

if TYPE_CHECKING:
    from core.backup import BackupSchedule
    from core.db import Database
    from core.metrics import Metrics
    from core.services import Services


class Runtime:
    """Creates what the process shares lazily, and closes it in the right order."""

    def __init__(self) -> None:
        self._database = Lazy(_open_database)
        self._services = Lazy(self._make_services)
        self._backups = Lazy(self._start_backups)
        self._metrics = Lazy(self._make_metrics)
        self._housekeeping = Lazy(self._start_housekeeping)
        self.warm_up = self._new_warm_up()

    @property
    def database(self) -> "Database":
        """The configured database, migrated to the current schema at its first use."""
        return self._database.get()

    @property
    def services(self) -> "Services":
        """Every service over the database; the first use imports every package."""
        return self._services.get()

    @property
    def metrics(self) -> "Metrics | None":
        """The metrics, which their first use begins to serve; None without a port for them."""
        return self._metrics.get()

    def opened_database(self) -> "Database | None":
        """Return the database, or None when nothing has opened it yet."""
        return self._database.peek()

    def backup_error(self) -> str:
        """Return why the last scheduled backup of this process failed, "" when it did not or there was none."""
        backups = self._backups.peek()
        return backups.last_error if backups else ""

    def close(self, *, keep_image_workers: bool = False) -> None:
        """Stop tasks, then the event loop, the image workers and the database; a later use opens them again.

        Starting image workers takes half a second, so tests keep them.
        """
        self.warm_up.stop()
        self.warm_up = self._new_warm_up()
        if backups := self._backups.take():
            backups.stop()
        if metrics := self._metrics.take():
            metrics.close()
        if housekeeping := self._housekeeping.take():
            housekeeping.stop()
        if services := self._services.take():
            services.close(keep_image_workers=keep_image_workers)
        if database := self._database.take():
            database.close()

    def _new_warm_up(self) -> WarmUp:
        return WarmUp(self._prepare_first_page, self._prepare_next_page, self._prepare_the_rest)

    def _make_services(self) -> "Services":
        lazy_import("core.services")
        from core.services import Services

        return Services(self.database)

    def _start_backups(self) -> "BackupSchedule":
        from core.backup import BackupSchedule

        schedule = BackupSchedule(self.database.settings)
        schedule.start()
        return schedule

    def _make_metrics(self) -> "Metrics | None":
        from core.config import load_settings
        from core.errors import ConfigurationError

        try:
            settings = load_settings()
        except ConfigurationError:
            return None  # each request is told the reason
        if settings.metrics_port is None:
            return None
        from core.metrics import Metrics

        metrics = Metrics(lambda: self.database)
        metrics.serve(settings.metrics_address, settings.metrics_port)
        return metrics

    def _start_housekeeping(self) -> Housekeeping:
        housekeeping = Housekeeping(self.services.tidy)
        housekeeping.start()
        return housekeeping

    def _prepare_first_page(self) -> None:
        logs.configure_logging(json_lines=self.database.settings.log_json)
        self.services.projects.list_projects()
        self.services.tasks.list_tasks(active_only=True)

    def _prepare_next_page(self) -> None:
        lazy_import("core.rooms")
        _import_table_libraries()

    def _prepare_the_rest(self) -> Iterator[Callable[[], object]]:
        yield self.services.start_image_worker
        yield lambda: self.services.engine
        yield self.services.llm.warm_up
        yield self.services.intake.remove_leftovers
        yield self.services.uploads.remove_abandoned
        yield self.services.mover.remove_leftovers
        yield self._backups.get
        yield self._metrics.get
        yield self._housekeeping.get
        yield self.services.deliver_webhooks
        yield self.services.look_for_originals  # last: an error ends the warm-up and is logged


def _import_table_libraries() -> None:
    import pandas  # noqa: F401 - Streamlit imports both with the first table or list that a page shows
    import pyarrow  # noqa: F401


def _open_database() -> "Database":
    lazy_import("core.services")
    from core.config import load_settings
    from core.db.database import open_database

    return open_database(load_settings())


runtime = Runtime()
"""The runtime of this process."""
