"""Errors of the database driver in words: what a person can mend is no bug."""

import re
import sqlite3
from typing import Any

from sqlalchemy import Engine, event

from core.errors import DatabaseAwayError, InvalidInputError, StorageError, VitrineError

# Primary result codes of SQLite (sqlite.org/rescode.html).
_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full. Free some space and try again; nothing was changed.",
    sqlite3.SQLITE_BUSY: "Another program has locked the database for too long. Close it, then try again.",
    sqlite3.SQLITE_LOCKED: "Another program has locked the database for too long. Close it, then try again.",
    sqlite3.SQLITE_READONLY: "The database cannot be written. Make the data directory and its files writable.",
    sqlite3.SQLITE_PERM: "The database cannot be written. Make the data directory and its files writable.",
    sqlite3.SQLITE_CANTOPEN: "The database cannot be opened. Check that the data directory is readable and writable.",
    sqlite3.SQLITE_IOERR: "The disk of the database cannot be written or read. Check it, and its free space.",
    sqlite3.SQLITE_CORRUPT: (
        "The database is damaged. Stop Vitrine, run vitrine doctor, and put back the newest copy from backups."
    ),
    sqlite3.SQLITE_NOTADB: (
        "The file of the database is not a database. Stop Vitrine, run vitrine doctor, and put back the newest copy "
        "from backups."
    ),
}

# sqlite3: "Error binding parameter 1: type 'Images' is not supported"; psycopg: "cannot adapt type 'Images' using ..."
_UNSUPPORTED = re.compile(r"(Error binding parameter .*|cannot adapt )type '(?P<type>\w+)'")

# Of PostgreSQL, by SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html).
_SERVER_SENTENCES = {
    "53100": "The disk of the database server is full. Free some space there and try again; nothing was changed.",
    "55P03": "Another program has locked the database for too long. Close it, then try again.",
    "57014": "The database server stopped a statement that took too long. Narrow the filter, or try again later.",
}
# While a connection is made, the driver has no SQLSTATE.
_FULL = re.compile(r"too many (clients|connections)|remaining connection slots")
_REFUSED = re.compile(r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* (does|is) not ")
_NO_DATABASE = re.compile(r"FATAL: +database .* does not exist")
_AWAY = ("57P01", "57P02", "57P03")
_NO_CONNECTION_LEFT = "The database server has no connection left. Close other programs, or raise its max_connections."
_IS_AWAY = "The database server does not answer. Check it and VITRINE_DATABASE_URL, then try again."
_REFUSES = "The database server refuses the user or the password of the database URL. Correct the URL, then try again."
_IS_MISSING = "The database server has no database of this name. Create it or correct the database URL, then try again."
_HAS_NUL = "A text contains the character NUL, which PostgreSQL cannot store. Remove it."
_HALF = "A text contains half of a surrogate pair, as of an emoji that was cut. Remove it."
_TOO_LARGE = "A number is too large for the database. Send one of at most 64 bits."
_NOT_FINITE = "A number is NaN or infinite, which the database cannot store. Send a finite one."
# Of PostgreSQL's "invalid input syntax for type json", which names what it stopped at.
_NO_NUMBER = re.compile(r'Token "-?(NaN|Infinity)" is invalid')


def translate_driver_errors(engine: Engine) -> None:
    """Make *engine* raise an error of ours in place of those of its driver that a person can mend."""
    event.listen(engine, "handle_error", _replacement)


def _replacement(context: Any) -> VitrineError | None:
    error = context.original_exception
    if found := _UNSUPPORTED.search(str(error)):
        return InvalidInputError(
            f"Pass ids and values as text and numbers, such as project.id, not a value of the type {found['type']}."
        )
    if isinstance(error, UnicodeEncodeError):
        return InvalidInputError(_HALF)
    if isinstance(error, OverflowError) or getattr(error, "sqlstate", None) == "22003":
        return InvalidInputError(_TOO_LARGE)
    if context.dialect.name == "sqlite":
        return _as_storage_error(error)
    code = getattr(error, "sqlstate", None)
    if sentence := _SERVER_SENTENCES.get(code or ""):
        return StorageError(sentence)
    if code == "53300" or _FULL.search(str(error)):
        return DatabaseAwayError(_NO_CONNECTION_LEFT)
    if context.is_disconnect or context.connection is None or code in _AWAY:
        return DatabaseAwayError(_why_away(str(error)))
    if code is None and "NUL (0x00)" in str(error):
        return InvalidInputError(_HAS_NUL)
    if code == "22P02" and _NO_NUMBER.search(str(error)):
        return InvalidInputError(_NOT_FINITE)
    return None


def _why_away(message: str) -> str:
    """Return the sentence for a server that gives no connection; one with messages in another language is away."""
    if _REFUSED.search(message):
        return _REFUSES
    return _IS_MISSING if _NO_DATABASE.search(message) else _IS_AWAY


def _as_storage_error(error: BaseException | None) -> StorageError | None:
    """Return the error to raise in place of *error* of SQLite's driver, None when it is a bug."""
    code = getattr(error, "sqlite_errorcode", None)
    sentence = _SENTENCES.get(code & 0xFF) if isinstance(code, int) else None
    return StorageError(sentence) if sentence else None
