"""The checks of formats that are files beside each other: WebDataset and captions."""

import io
import tarfile
from pathlib import Path

from core.export import format_named, parse_recipe
from core.export.bundle import BundleCounts
from core.export.checks.base import COUNTS_MATCH, VALID_FILES, open_bundle
from tests.core.images.pictures import encoded


def test_a_sample_whose_text_is_no_json_counts_as_a_sample_without_entries(tmp_path: Path) -> None:
    good, broken = b'{"qa": [{"question": "Which color?", "answer": "Red."}]}', b'{"qa": [{"question": "Wh'
    with tarfile.open(tmp_path / "webdataset-train-000000.tar", "w") as tar:
        for name, data in [
            ("a.jpg", encoded()), ("a.json", good), ("b.jpg", encoded()), ("b.json", broken),
        ]:  # fmt: skip
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    format_ = format_named("webdataset")
    counts = BundleCounts()
    counts.rows["train"], counts.entries["train"], counts.images["train"] = 2, 2, 2

    with open_bundle(tmp_path) as bundle:
        checker = format_.checker(format_.layout(parse_recipe({"format": "webdataset"})), counts.expected())
        results = {result.name: result for result in checker.run(bundle)}

    assert results[COUNTS_MATCH].examples == ("entries of train: 2 written, 1 read back",)
    assert results[VALID_FILES].problems == 1
