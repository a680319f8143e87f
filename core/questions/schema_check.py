"""Checks JSON schemas and documents of users without letting them stop the server.

What is checked in linear time is checked at once. Everything else goes to one worker process with a time limit, outside
of the server's interpreter, because Python's regular expressions hold the interpreter lock until they are done.
"""

import json
import threading
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from cachetools import TTLCache

from core import json_schema
from core.errors import ImageRejectedError, InvalidInputError
from core.images.sandbox import Sandbox
from core.json_schema import Problem
from core.questions.text import MAX_ANSWER_CHARS

TIMEOUT_S = 2.0
_MEMORY_BYTES = 1_500_000_000
# Further checks are refused instead of blocking the threads of the server.
_MAX_WAITING = 8
# A schema that reached the time limit is refused at once for this long.
_REFUSED_FOR_S = 60.0

_waiting = threading.BoundedSemaphore(_MAX_WAITING)
_slow_schemas: TTLCache[str, bool] = TTLCache(maxsize=256, ttl=_REFUSED_FOR_S)
_lock = threading.Lock()


def check_schema(schema: dict[str, Any]) -> None:
    """Refuse a JSON schema that cannot be used.

    Raises:
        InvalidInputError: it is no schema, is too large, refers to something outside of it or back to itself, or takes
            longer than ``TIMEOUT_S`` to check.
    """
    _raise(_schema_problem(_text(schema)))


def check_document(text: str, schema: dict[str, Any] | None) -> None:
    """Refuse a document that is not JSON or does not satisfy *schema*.

    Raises:
        InvalidInputError: so it is, or checking it takes longer than ``TIMEOUT_S``; *field* says whether the answer or
            the schema (options) has to be changed.
    """
    _raise(json_schema.document_problem(text))
    if schema is not None:
        if len(text) > MAX_ANSWER_CHARS:  # results are cached under the text
            raise InvalidInputError(f"Shorten the answer to at most {MAX_ANSWER_CHARS:,} characters.", field="answer")
        _raise(_breach(_text(schema), text))


def close() -> None:
    """End the worker, if there is one; the next check that needs it starts another one."""
    _worker.close()


@lru_cache(maxsize=256)
def _schema_problem(schema_text: str) -> Problem | None:
    if json_schema.is_cheap(schema_text, ""):
        return json_schema.schema_problem(schema_text)
    return _in_worker(schema_text, json_schema.schema_problem, schema_text)


# An answer is checked when a model gives it and again when it is stored, or when the desk asks and when it decides.
@lru_cache(maxsize=256)
def _breach(schema_text: str, document_text: str) -> Problem | None:
    if json_schema.is_cheap(schema_text, document_text):
        return json_schema.breach(schema_text, document_text)
    return _in_worker(schema_text, json_schema.breach, schema_text, document_text)


def _in_worker(schema_text: str, function: Callable[..., Problem | None], *args: str) -> Problem | None:
    """Return the result of *function*; what it raises is not cached.

    Raises:
        InvalidInputError: the worker took too long or died, now or a short while ago, or has too much to do.
    """
    too_slow = f"Checking this schema takes longer than {TIMEOUT_S:.0f} s. Use simpler patterns and fewer references."
    with _lock:
        if schema_text in _slow_schemas:
            raise InvalidInputError(too_slow, field="options")
    if not _waiting.acquire(timeout=TIMEOUT_S):
        raise InvalidInputError("Too many answers are being checked at the moment. Try again.", field="answer")
    try:
        return _worker.get().run(function, *args)
    except ImageRejectedError:  # the sandbox says so of every job that was killed
        with _lock:
            _slow_schemas[schema_text] = True
        raise InvalidInputError(too_slow, field="options") from None
    finally:
        _waiting.release()


class _Worker:
    """The one worker process, started at its first use.

    Its lock is its own: with that of core.lazy, pages would wait while the worker starts.
    """

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._lock = threading.Lock()

    def get(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                warm_up = partial(json_schema.schema_problem, "{}")  # imports the validator
                self._sandbox = Sandbox(1, _MEMORY_BYTES, TIMEOUT_S, warm_up=warm_up)
            return self._sandbox

    def close(self) -> None:
        with self._lock:
            closing, self._sandbox = self._sandbox, None
        if closing is not None:
            closing.close()


_worker = _Worker()


def _text(schema: dict[str, Any]) -> str:
    try:
        text = json.dumps(schema, ensure_ascii=False)
        if len(text) > json_schema.MAX_SCHEMA_CHARS:
            raise ValueError(f"it is longer than {json_schema.MAX_SCHEMA_CHARS:,} characters")
        return text
    except (RecursionError, TypeError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidInputError(f"This is not a JSON schema: {reason}. Correct it.", field="options") from None


def _raise(problem: Problem | None) -> None:
    if problem is not None:
        raise InvalidInputError(problem.message, field=problem.field)
