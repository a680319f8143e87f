"""Registry of keys typed in a session and used by the tasks started there; in memory only, lost with the process."""

_keys: dict[str, str] = {}


def register(task_id: str, api_key: str, model_index: int = 0) -> None:
    """Register *api_key* for a task while this process runs; *model_index* is the position of its model in the task."""
    _keys[f"{task_id}/{model_index}"] = api_key


def find(task_id: str, model_index: int = 0) -> str | None:
    """Return the key registered for a task's model; None when there is none, or the process was restarted."""
    return _keys.get(f"{task_id}/{model_index}")


def forget(task_id: str) -> None:
    """Forget the keys that are registered for a task."""
    for name in [name for name in _keys if name.startswith(f"{task_id}/")]:
        del _keys[name]
