"""The keys of the review desk: the table of all, and those that a person chose instead."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from core.accounts.actor import Actor
from core.errors import InvalidInputError
from core.services import Services

PREFERENCE = "desk-keys"
_MAX_KEY_CHARS = 20
_FIXED = {"escape"}
_RESERVED = {"escape", "enter", "tab", " ", "dead", "unidentified", "process", *"0123456789"}
"""Keys that forms, the digits of labels and stars, or keyboards themselves use; while drawing boxes arrows, too."""


@cache
def table() -> list[dict[str, Any]]:
    """Return what the keys do, one row each; those with a ``mode`` hold while boxes are drawn."""
    rows: list[dict[str, Any]] = json.loads(Path(__file__).with_name("desk_keys.json").read_text(encoding="utf-8"))
    return rows


def own_keys(services: Services, person: str) -> dict[str, str]:
    """Return the keys that a person chose, by the name of what they do."""
    return services.preferences.get(person, PREFERENCE)


def change_keys(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Store the keys that the caller chose; without any, those of the table hold again."""
    keys = checked_keys(params.get("keys"))
    services.preferences.put(actor.account_id or actor.name, PREFERENCE, keys)
    return {"keys": keys}


def checked_keys(keys: Any) -> dict[str, str]:
    """Return *keys*, by the name of what they do.

    Raises:
        InvalidInputError: a key is not usable or has two meanings; the message names them.
    """
    if not isinstance(keys, dict):
        raise InvalidInputError("Send the keys as a JSON object, by the name of what they do.", field="keys")
    changeable = {row["name"]: "mode" in row for row in table() if "keys" in row and row["name"] not in _FIXED}
    for name, key in keys.items():
        if name not in changeable:
            raise InvalidInputError(f"{name} has no key that can be changed.", field="keys")
        is_key = isinstance(key, str) and 0 < len(key) <= _MAX_KEY_CHARS and key.isprintable() and key == key.lower()
        if not is_key or key in _RESERVED or (changeable[name] and key.startswith("arrow")):
            shown = str(key).upper().strip() or "Space"
            raise InvalidInputError(f"{shown} has a meaning of its own. Choose another key.", field="keys")
    _check_meanings(keys)
    return keys


def _check_meanings(keys: dict[str, str]) -> None:
    held = [(row, {keys[row["name"]]} if _is_chosen(row, keys) else set(row.get("keys", ()))) for row in table()]
    for row, own in held:
        if not _is_chosen(row, keys):
            continue
        (key,) = own
        taken = next((other["label"] for other, theirs in held if other is not row and key in theirs), None)
        if taken:
            raise InvalidInputError(f"{key.upper()} is the key of “{taken}” already. Choose another one.", field="keys")


def _is_chosen(row: dict[str, Any], keys: dict[str, str]) -> bool:
    return "keys" in row and row["name"] in keys
