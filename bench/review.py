"""Review: latency from a key press at the desk to the next image and to the commit; filters, concurrent edits, bulk.

The desk runs in Chromium with images of 1600x1200; each key press shows another image. The other parts call the
services directly, as the routes do. For comparison: Streamlit buttons took 161 ms per press on two cores (93 tuned).

    python bench/review.py [--full] [--part NAME] [--entries N]

10,000 entries; with --full also 100,000, and searches in a million. Parts: desk, searches, annotators, bulk; --entries
sets the size of desk and searches.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.pressing import desk, p95, time_ms, within
from bench.sample_rows import fill_project
from core import ImageDatasetService, connect
from core.dataset import EntryQueries, ReviewService, existing_entry, parse_search
from core.dataset.quality import CHECKS
from core.db import Database
from core.errors import ConflictError

PARTS = ("desk", "searches", "annotators", "bulk")
SEARCHES = (
    "", "number", "number 777", "nowhere", "zz", "-number", "is:open", "is:confirmed", "flagged:yes", "edited:yes",
    "doubtful:yes", "kind:count", "kind:nothing", "answer:yes", "answer:nothing", "type:label", "model:offline/measure",
    "model:nothing", "lang:tr", "lang:de", "tag:draft", "tag:nothing", "score:none", "score:4", "score:5", "length:>10",
    "length:>2000", "side:>1000", "side:<640", "created:>2020-01-01", "created:<2020-01-01", "by:nobody",
    "skipped:nobody", "reason:nothing", "image:nothing", "task:nothing", "is:confirmed score:none -tag:draft",
    "model:offline/measure edited:no kind:count", "is:open kind:nothing lang:en",
    *(f"check:{check.name}" for check in CHECKS), "check:repeated is:open", "-777", "-12",
)  # fmt: skip
"""Each field of the search line, with a frequent and an absent value."""


def searches(db: Database, project_id: str, entries: int) -> bool:
    """Measure the first page and the count of every filter."""
    worst = slowest_count = 0.0
    for line in SEARCHES:
        search = parse_search(line)
        took = statistics.median(
            time_ms(partial(EntryQueries(db).find_entries, project_id, search, limit=100)) for _ in range(7)
        )
        counted = time_ms(partial(EntryQueries(db).count_entries, project_id, search))
        slowest_count = max(slowest_count, counted)
        print(f"    {line or '(everything)':45} first page {took:7.1f} ms, count {counted:7.1f} ms")
        worst = max(worst, took)
    ok = within(f"{entries:,} entries: first page of a filter, the slowest", worst, 30)
    return within(f"{entries:,} entries: count of a filter, the slowest", slowest_count, 300) and ok


def annotators(db: Database, project_id: str, edits: int) -> bool:
    """50 people make one edit per second for five seconds, then *edits* each without a pause on 20 entries."""
    dataset = ImageDatasetService(db)
    ids = [entry.id for entry in EntryQueries(db).find_entries(project_id, parse_search("kind:none"), limit=250).items]
    times: list[float] = []

    def edit_slowly(person: int) -> None:
        for round_ in range(5):
            started = time.perf_counter()
            dataset.update_dataset_entry(ids[person + 50 * round_], note=f"{person}/{round_}")
            times.append((time.perf_counter() - started) * 1000)
            time.sleep(max(0.0, 1 - (time.perf_counter() - started)))

    in_50_threads(edit_slowly, spread_s=1.0)
    ok = within("50 annotators, one edit per second each: p95", p95(times), 25)
    stored, conflicts = [], []

    def edit_without_pause(person: int) -> None:
        for number in range(edits):
            entry = existing_entry(dataset.get_dataset_entry(ids[(person + number) % 20]))
            try:
                dataset.update_dataset_entry(entry.id, version=entry.version, answer=f"{person}/{number}")
                stored.append(entry.id)
            except ConflictError:
                conflicts.append(entry.id)

    in_50_threads(edit_without_pause)
    events = sum(event.new.get("answer") is not None for id_ in ids[:20] for event in EntryQueries(db).history(id_))
    print(f"    without a pause on 20 entries: {len(stored)} stored, {len(conflicts)} conflicts reported")
    return (
        within(
            "edits lost or without an event",
            50 * edits - len(stored) - len(conflicts) + abs(events - len(stored)),
            0,
            "",
        )
        and ok
    )


def bulk(db: Database, project_id: str) -> bool:
    """Confirm all open entries in one bulk action, and undo it."""
    dataset = ImageDatasetService(db)
    before = dataset.get_dataset_stats(project_id)
    started = time.perf_counter()
    changed = ReviewService(db).bulk(project_id, parse_search("is:open"), "confirm").changed
    confirming = (time.perf_counter() - started) * 1000
    started = time.perf_counter()
    ReviewService(db).undo(project_id)
    undoing = (time.perf_counter() - started) * 1000
    assert dataset.get_dataset_stats(project_id) == before
    ok = within(f"bulk-confirm {changed:,} entries", confirming, 3000)
    return within(f"undo of {changed:,} entries", undoing, 3000) and ok


def in_50_threads(work: Callable[[int], None], spread_s: float = 0.0) -> None:
    """Call *work* with 0 to 49, each in a thread; the threads start over *spread_s*."""
    people = [threading.Thread(target=work, args=(person,)) for person in range(50)]
    for person in people:
        person.start()
        time.sleep(spread_s / len(people))
    for person in people:
        person.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--full", action="store_true", help="also 100,000 entries at the desk and a million in the searches"
    )
    parser.add_argument("--part", choices=PARTS, help="run this part only")
    parser.add_argument("--entries", type=int, help="number of entries, for desk and searches")
    given = parser.parse_args()
    ok = True
    for part in (given.part,) if given.part else PARTS:
        ok &= measure(part, (given.entries,) if given.entries else None, full=given.full)
    return 0 if ok else 1


def measure(part: str, sizes: tuple[int, ...] | None, *, full: bool) -> bool:
    """Run one part in new data directories, at *sizes* or at its default sizes; return whether its bounds hold."""
    ok = True
    if part == "desk":
        for entries in sizes or ((10_000, 100_000) if full else (10_000,)):
            with tempfile.TemporaryDirectory() as directory:
                ok &= desk(Path(directory), entries)
        return ok
    with tempfile.TemporaryDirectory() as name, connect(name) as db:
        fill = partial(fill_project, Path(name), with_files=False)
        if part == "annotators":
            return annotators(db, fill(entries=100_000), 200 if full else 20)
        if part == "bulk":
            # A third of the sample is already confirmed: of 150,000 entries, 100,000 are open.
            return bulk(db, fill(entries=150_000))
        for entries in sizes or ((1_000, 100_000, 1_000_000) if full else (1_000, 100_000)):
            ok &= searches(db, fill(entries=entries), entries)
    return ok


if __name__ == "__main__":
    sys.exit(main())
