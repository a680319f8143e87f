"""Profiles: a named model with its base URL and parameters, for all projects; stored without its key."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from core import audit
from core.arguments import tidy_name
from core.db import Database, ModelProfiles
from core.errors import InvalidInputError, NotFoundError
from core.llm.redaction import redact
from core.llm.types import ModelConfig

MAX_NAME_CHARS = 60


class ModelProfileService:
    """Saves, lists and removes profiles."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def save_profile(self, name: str, config: Mapping[str, Any]) -> ModelProfiles:
        """Store *config* without its ``api_key`` under *name*, replacing an existing profile.

        Raises:
            InvalidInputError: the name is empty or too long, *config* is invalid, or another of its values contains a
                key.
        """
        name = tidy_name(name)
        if not 0 < len(name) <= MAX_NAME_CHARS:
            raise InvalidInputError(f"Name the profile in at most {MAX_NAME_CHARS} characters.", field="name")
        stored = checked_config(config)
        with self._db.transaction() as session:
            row = _by_name(session, name) or ModelProfiles(name=name)
            row.config = stored
            session.add(row)
            audit.record(session, "profile.save", row, model=stored.get("model"))
        return row

    def list_profiles(self) -> list[ModelProfiles]:
        """Return all profiles, ordered by name."""
        with self._db.reading() as session:
            return list(session.exec(select(ModelProfiles).order_by(col(ModelProfiles.name))))

    def remove_profile(self, name: str) -> None:
        """Delete a profile; tasks that were started with it keep their configuration.

        Raises:
            NotFoundError: there is no profile of this name.
        """
        with self._db.transaction() as session:
            row = _by_name(session, name)
            if row is None:
                raise NotFoundError(f"There is no profile called {name}.")
            session.delete(row)
            audit.record(session, "profile.remove", row)


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a profile as it is stored, without its ``api_key``.

    Raises:
        InvalidInputError: *config* is invalid, or another of its values contains a key.
    """
    stored = ModelConfig.from_dict(config).to_dict()
    _refuse_keys(stored)
    return stored


def _by_name(session: Session, name: str) -> ModelProfiles | None:
    return session.exec(select(ModelProfiles).where(ModelProfiles.name == name)).first()


def _refuse_keys(config: dict[str, Any]) -> None:
    url = urlsplit(config.get("api_base") or "")
    text = json.dumps(config, ensure_ascii=False)
    if url.username or url.password or url.query or redact(text) != text:
        raise InvalidInputError(
            "A profile must not contain a key, and this one seems to. Remove it; you are asked for it when needed.",
            field="config",
        )
