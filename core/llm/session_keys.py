"""Keys typed for a session, lent to the tasks it starts; in memory only, gone with the process."""

from core import process


def _lent() -> dict[str, str]:
    return process.singleton("session_keys", dict)


def lend(task_id: str, api_key: str, place: int = 0) -> None:
    """Let the task use *api_key* for as long as this process lives; *place* is that of its model in the task."""
    _lent()[f"{task_id}/{place}"] = api_key


def lent_to(task_id: str, place: int = 0) -> str | None:
    """Return the key that was lent to the task's model; None when there is none or the process was restarted."""
    return _lent().get(f"{task_id}/{place}")
