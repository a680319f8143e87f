"""Originals in a bucket beside bare obstore on the same server.

    PYTHONPATH=. python bench/storage.py          short: 600 originals of 100 KB
    PYTHONPATH=. python bench/storage.py --full   2,000 originals

The server is SeaweedFS on this machine. Reading is cold, and each original is compared with its sha256: once, as for a
backup or a project archive, its bytes are all; as a file it is put into the cache, for the processes that open images.
Bare obstore reads bytes alone, and with a file of each. All use 16 threads; the best of five runs counts, in turns.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import obstore

from core.bucket_address import BucketAddress
from core.config import load_settings
from core.images.opened_storage import opened_storage
from core.images.storage import Originals
from core.object_storage import open_bucket
from tests.fakes.object_storage import BUCKET, KEY, SECRET
from tests.fakes.seaweed import seaweed

RESULTS = Path(__file__).parent / "results"
_THREADS = 16
_RUNS = 5
_BYTES = 100_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as directory:
        root = Path(directory)
        (root / "weed").mkdir()
        with seaweed(root / "weed") as address:
            os.environ.update(
                VITRINE_STORAGE_URL=f"s3://{BUCKET}/vitrine", VITRINE_STORAGE_ENDPOINT=address,
                VITRINE_STORAGE_ACCESS_KEY_ID=KEY, VITRINE_STORAGE_SECRET_ACCESS_KEY=SECRET,
                VITRINE_STORAGE_REGION="us-east-1", VITRINE_DATA_DIR=str(root / "data"),
            )  # fmt: skip
            results = compared(root, 2_000 if options.parse_args().full else 600)
    print(json.dumps(results, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "storage.json").write_text(json.dumps(results, indent=2), encoding="utf-8")


def compared(root: Path, count: int) -> dict[str, Any]:
    """Return the seconds of writing and reading *count* originals, ours and bare, and the shares of bare's speed."""
    settings = load_settings()
    bare = open_bucket(settings, BucketAddress(BUCKET, "bare"))._store
    best: dict[str, float] = {}
    for run in range(_RUNS):
        chance = random.Random(run)
        made = [chance.randbytes(_BYTES) for _ in range(count)]
        (root / "staged").mkdir()
        files = []
        for number, data in enumerate(made):
            hash_ = hashlib.sha256(data).hexdigest()
            (root / "staged" / str(number)).write_bytes(data)
            files.append((root / "staged" / str(number), f"{hash_[:2]}/{hash_}.jpg"))
        times = {
            "bare write": timed(partial(each, partial(_put, bare), files)),
            "write": timed(partial(opened_storage(settings).originals.place, files)),
            "bare read": timed(partial(each, partial(_get, bare), files)),
        }
        (root / "copies").mkdir()
        times["bare read to files"] = timed(partial(each, partial(_copy, bare, root), files))
        shutil.rmtree(root / "copies")
        for file in (root / "data" / "cache" / "originals").glob("*/*"):
            file.unlink()
        originals = opened_storage(settings).originals
        times["read once"] = timed(partial(each, partial(_read_once, originals), files))
        for name in ("read as files", "read again"):
            times[name] = timed(partial(each, partial(_read, originals), files))
        best = {name: min(took, best.get(name, took)) for name, took in times.items()}
        shutil.rmtree(root / "staged")
    pairs = (("write", "write"), ("read once", "read"), ("read as files", "read"), ("read as files", "read to files"))
    shares = {f"{way}, of bare {beside}": round(best[f"bare {beside}"] / best[way], 2) for way, beside in pairs}
    return {"originals": count, **{f"{name} s": round(took, 3) for name, took in best.items()}, **shares}


def _put(store: Any, placed: tuple[Path, str]) -> None:
    obstore.put(store, placed[1], placed[0], mode="create", use_multipart=False)


def _get(store: Any, placed: tuple[Path, str]) -> bytes:
    return bytes(obstore.get(store, placed[1]).bytes())


def _copy(store: Any, root: Path, placed: tuple[Path, str]) -> None:
    (root / "copies" / placed[1].rpartition("/")[2]).write_bytes(_get(store, placed))


def _read_once(originals: Originals, placed: tuple[Path, str]) -> bytes:
    with originals.opened(placed[1]) as file:
        return file.read()


def _read(originals: Originals, placed: tuple[Path, str]) -> Path:
    return originals.file(placed[1])


def each(do: Callable[[Any], Any], of: list[Any]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(do, of))


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
