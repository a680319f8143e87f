from types import SimpleNamespace
from typing import Any

from dbos import DBOS

from core.errors import DatabaseAwayError
from core.tasks.engines.dbos_library import _Wanted


class Client:
    """Lists queues until the database is away."""

    is_away = False

    def list_queues(self) -> list[Any]:
        if self.is_away:
            raise DatabaseAwayError("The database server does not answer.")
        return [SimpleNamespace(name=name) for name in ("a|", "b|")]


def test_the_queues_of_a_worker_are_those_of_the_last_time_while_the_database_is_away() -> None:
    client: Any = Client()
    wanted = _Wanted(client, lambda queue: queue == "b|")
    assert list(wanted) == ["b|"]
    client.is_away = True
    assert list(wanted) == ["b|"]


def test_the_library_still_has_the_attribute_that_names_the_queues() -> None:
    assert "_listening_queues" in DBOS.__init__.__code__.co_names
