"""Runs consumers of exports, each in an environment of its own, and writes the table in docs/CONSUMERS.md.

    python -m tests.consumers [NAME ...]      all of them, or those named; the other rows of the table stay

Environments share uv's cache and are removed after their run. Programs that are no packages are read from the
directory that CONSUMERS_DIR names; without it their rows stay, or say "not run".
"""

import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from core import connect
from tests.consumers import comparing
from tests.consumers.comparing import Result
from tests.consumers.consumers import CONSUMERS, Consumer
from tests.consumers.shelf import Shelf, build

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "CONSUMERS.md"
NOT_RUN = "not run"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
HEAD = "| format | consumer | version | run on | rows loaded | values equal |\n|---|---|---|---|---|---|\n"


def main(names: list[str]) -> int:
    unknown = set(names) - {consumer.name for consumer in CONSUMERS}
    if unknown:
        sys.exit(f"There is no consumer {', '.join(sorted(unknown))}.")
    chosen = [consumer for consumer in CONSUMERS if not names or consumer.name in names]
    rows, is_whole = _read_table(), True
    with tempfile.TemporaryDirectory() as directory, connect(Path(directory) / "data") as db:
        shelf = build(db)
        for number, consumer in enumerate(chosen):
            for format_, result in _run(consumer, shelf, Path(directory) / str(number)).items():
                row = _row(consumer, format_, result)
                if result.error == NOT_RUN:
                    rows.setdefault((consumer.name, format_), row)
                    continue
                rows[consumer.name, format_] = row
                is_whole &= result.is_whole
                print(rows[consumer.name, format_], *filter(None, [result.error, result.different]), flush=True)
    _write_table(rows)
    return 0 if is_whole else 1


def _run(consumer: Consumer, shelf: Shelf, directory: Path) -> dict[str, Result]:
    """Return what the consumer read, by format."""
    checkout = Path(os.environ.get("CONSUMERS_DIR", "nowhere")) / consumer.repository
    if consumer.repository and not checkout.is_dir():
        return dict.fromkeys(consumer.formats, Result(error=NOT_RUN))
    directory.mkdir()
    environment = {
        **os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(directory / "home"), "CHECKOUT": str(checkout),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(dir=directory) as venv:
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
        python = str(Path(venv) / "bin" / "python")
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *consumer.packages], check=True)
        return {
            format_: comparing.run(consumer, format_, shelf, directory, python, environment)
            for format_ in consumer.formats
        }


def _row(consumer: Consumer, format_: str, result: Result) -> str:
    if result.error:
        outcome = NOT_RUN if result.error == NOT_RUN else "does not run"
        return f"| {format_} | {consumer.name} | | | {outcome} | |"
    today = datetime.now(UTC).date().isoformat()
    return (
        f"| {format_} | {consumer.name} | {result.version} | {today} | {result.loaded} of {result.written} "
        f"| {result.equal} of {result.turns} |"
    )


def _read_table() -> dict[tuple[str, str], str]:
    """Return the rows of the table by consumer and format."""
    _, _, table = TABLE.read_text().partition(BEGIN)
    found = re.findall(r"^(\| ([\w.-]+) \| ([^|]+) \| .*\|)$", table.partition(END)[0], re.MULTILINE)
    return {(consumer, format_): row for row, format_, consumer in found if format_ != "format"}


def _write_table(rows: dict[tuple[str, str], str]) -> None:
    order = {(consumer.name, format_) for consumer in CONSUMERS for format_ in consumer.formats}
    lines = sorted(row for key, row in rows.items() if key in order)
    before, _, rest = TABLE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    TABLE.write_text(before + BEGIN + HEAD + "\n".join(lines) + "\n" + END + after)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
