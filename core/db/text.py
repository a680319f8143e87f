"""Substring search: the SQL differs between databases."""

import re
from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from sqlalchemy import ARRAY, Select, String, Text, and_, cast, column, literal, literal_column, select, table, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import Boolean


class _HoldsText(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "holds_text"


@compiles(_HoldsText)
def _by_ilike(element: _HoldsText, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} ILIKE {compiler.process(pattern, **options)} ESCAPE '/'"


@compiles(_HoldsText, "sqlite")
def _by_like(element: _HoldsText, compiler: Any, **options: Any) -> str:
    # LIKE of SQLite ignores the case of a to z; lower() on both sides takes twice as long.
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} LIKE {compiler.process(pattern, **options)} ESCAPE '/'"


def holds_text(column: Any, part: str) -> ColumnElement[bool]:
    """Return the condition that *column* contains *part*, ignoring the case of a to z."""
    escaped = part.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return _HoldsText(column, literal(f"%{escaped}%", String()))


_LETTERS = "0-9A-Za-z\u00c0-\u1fff"
"""Characters of which words consist where blanks are between words: digits and those of alphabets. Of others, such as
Chinese ones, each ends a word."""


class _HoldsWhole(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "holds_whole"


@compiles(_HoldsWhole)
def _by_regex(element: _HoldsWhole, compiler: Any, **options: Any) -> str:
    column, _, pattern = element.clauses
    return f"' ' || {compiler.process(column, **options)} || ' ' ~* {compiler.process(pattern, **options)}"


@compiles(_HoldsWhole, "sqlite")
def _by_glob(element: _HoldsWhole, compiler: Any, **options: Any) -> str:
    column, pattern, _ = element.clauses
    return f"lower(' ' || {compiler.process(column, **options)} || ' ') GLOB {compiler.process(pattern, **options)}"


def holds_words(column: Any, words: str) -> ColumnElement[bool]:
    """Return the condition that *column* contains *words*: one as a part of a word, several as whole words."""
    held = holds_text(column, words)
    if not re.search(r"\s", words):
        return held
    other = f"[^{_LETTERS}]"
    before, after = (other if re.match(f"[{_LETTERS}]", letter) else "" for letter in (words[0], words[-1]))
    glob = re.sub(r"([*?\[])", r"[\1]", words.translate(_LOWER))
    regex = re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", words)
    patterns = (f"*{before}{glob}{after}*", f"{before}{regex}{after}")
    return and_(held, _HoldsWhole(column, *(literal(pattern, String()) for pattern in patterns)))


# SQLite: a trigram index (FTS5, detail=none), created by a migration where SQLite has FTS5 and kept up to date by
# triggers. It stores no text, only which row of image_datasets contains which trigram: a migration that copies that
# table has to create the triggers again and refill the index.
_ENTRY_TEXT = table("entry_text", column("rowid"))
_PARTS = table("entry_text_parts", column("term"), column("doc"))
_LAST_LETTER = "\U0010ffff"
_ROW: ColumnElement[int] = literal_column("image_datasets.rowid")
_ID: ColumnElement[str] = literal_column("image_datasets.id")
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


# PostgreSQL: a GIN index over the pairs of neighboring characters (m0022). The expression is that of the index.
_FOUND = table("image_datasets", column("id")).alias("found")
_PAIRS: ColumnElement[Any] = literal_column(
    "entry_pairs(found.question || chr(10) || found.answer || chr(10) || found.image_name || chr(10) || found.tags)"
)


def has_text_index(connection: Connection) -> bool:
    """Return whether this database has an index over the texts of entries; a SQLite without FTS5 has none."""
    return connection.dialect.name != "sqlite" or connection.dialect.has_table(connection, "entry_text")


def makes_pairs_anew(connection: Connection) -> bool:
    """Return whether counting the entries with a frequent text makes the pairs of each of them anew.

    PostgreSQL does, when it expects more entries than are counted: it reads the table then, not the index.
    """
    return connection.dialect.name != "sqlite"


def entries_with_text(
    connection: Connection, words: Sequence[str], tags: Sequence[str]
) -> list[tuple[Any, Select[Any]]]:
    """Return columns of entries, each with a query of its values that an index answers: candidates, to be checked.

    They contain all *words* and *tags*; none, when the database has no index or the texts are too short for it.
    """
    if not has_text_index(connection):
        return []
    if connection.dialect.name != "sqlite":
        return [(_ID, rows) for rows in (rows_with_pairs([*words, *tags]),) if rows is not None]
    found = [rows_with_text([*words, *tags]), *map(rows_with_bigram, words)]
    return [(_ROW, rows) for rows in found if rows is not None]


def rows_with_pairs(texts: Iterable[str]) -> Select[Any] | None:
    """Return the ids of the entries that contain all pairs of characters of *texts*, on PostgreSQL.

    None when no text has two characters.
    """
    folded = [text_.translate(_LOWER) for text_ in texts]
    pairs = list(dict.fromkeys(text_[start : start + 2] for text_ in folded for start in range(len(text_) - 1)))
    if not pairs:
        return None
    return select(_FOUND.c.id).where(_PAIRS.op("@>")(cast(pairs, ARRAY(Text))))


def rows_with_text(texts: Iterable[str]) -> Select[Any] | None:
    """Return the rowids of the entries that contain all trigrams of *texts*: candidates, to be checked with LIKE.

    None when no text has three characters, so that it has no trigram.
    """
    trigrams = dict.fromkeys(text_[start : start + 3] for text_ in texts for start in range(len(text_) - 2))
    quoted = [trigram.replace('"', '""') for trigram in trigrams if "\0" not in trigram]
    if not quoted:
        return None
    match = " AND ".join(f'"{trigram}"' for trigram in quoted)
    return select(_ENTRY_TEXT.c.rowid).where(
        text("entry_text MATCH :entry_text_match").bindparams(entry_text_match=match)
    )


def rows_with_bigram(pair: str) -> Select[Any] | None:
    """Return the rowids of the entries with the bigram *pair* in a question, an answer or an image name.

    The indexed texts end with a line break, so every pair begins some trigram. None when *pair* has another length,
    or has cased letters outside ASCII: the index folds the case of ASCII only.
    """
    folded = pair.lower() if pair.isascii() else pair
    if len(pair) != 2 or "\0" in pair or any(char.lower() != char.upper() for char in folded if not char.isascii()):
        return None
    return select(_PARTS.c.doc).where(_PARTS.c.term.between(folded, folded + _LAST_LETTER))
