"""Files of rows as lists of objects: reading all of them, and writing them back."""

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]


def read_rows(path: Path) -> Rows:
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().split("\n") if line]
    if path.suffix in (".csv", ".tsv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter="," if path.suffix == ".csv" else "\t"))
    if path.suffix == ".tar":
        with tarfile.open(path) as tar:
            members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
        return [{"name": name, "data": json.loads(data) if name.endswith(".json") else data} for name, data in members]
    if path.suffix == ".txt":
        return [{"caption": path.read_text()}]
    document = json.loads(path.read_text())
    return document if isinstance(document, list) else [document]


def write_rows(path: Path, rows: Rows) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        schema = pq.read_schema(path)
        if rows and list(rows[0]) != schema.names:
            schema = pa.schema(
                [schema.field(name) for name in rows[0] if name in schema.names], metadata=schema.metadata
            )
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    elif path.suffix in (".csv", ".tsv"):
        is_csv = path.suffix == ".csv"
        with path.open("w", encoding="utf-8-sig" if is_csv else "utf-8", newline="") as file:
            delimiter = "," if is_csv else "\t"
            table = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL, delimiter=delimiter)
            table.writeheader()
            table.writerows(rows)
    elif path.suffix == ".tar":
        with tarfile.open(path, "w") as tar:
            for row in rows:
                data = row["data"] if isinstance(row["data"], bytes) else json.dumps(row["data"]).encode()
                member = tarfile.TarInfo(row["name"])
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    elif path.suffix == ".txt":
        path.write_text(rows[0]["caption"])
    elif path.name.startswith(("v2_", "captions_")):
        path.write_text(json.dumps(rows[0], ensure_ascii=False))
    else:
        path.write_text(json.dumps(rows, ensure_ascii=False))
