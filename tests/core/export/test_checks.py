"""Every check of every format fails on a bundle that is damaged for it."""

import shutil
import sys
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest

from core.export import FORMATS, ExportRecipe, Format, parse_recipe
from core.export.bundle import BundleCounts
from core.export.checks.base import Bundle, CheckResult, open_bundle
from tests.core.export.damage import WAYS, Damaged, NoSuchDamageError
from tests.core.export.hostile import HostileProject

Bundles = dict[str, tuple[Path, ExportRecipe, BundleCounts]]
SPLITS = {"train": 50, "validation": 50, "test": 0, "seed": 4}
EVERY_SPLIT = {"train": 40, "validation": 30, "test": 30, "seed": 4}


@pytest.fixture(scope="session")
def bundles(hostile: HostileProject) -> Bundles:
    """Finished bundles by format, filled when they are first used."""
    return {}


def _bundle(format_: Format, hostile: HostileProject, bundles: Bundles) -> tuple[Path, ExportRecipe, BundleCounts]:
    if format_.name not in bundles:
        splits = EVERY_SPLIT if format_.needs_every_split else SPLITS
        values = {"format": format_.name, "container": "directory", "splits": splits}
        if "path" in format_.image_modes:
            values["images"] = "path"
        recipe = parse_recipe(values)
        made = hostile.exports.export(hostile.project_id, recipe)
        counts = BundleCounts(
            entries=Counter({name: split["entries"] for name, split in made.report["splits"].items()}),
            rows=Counter({name: split["rows"] for name, split in made.report["splits"].items()}),
            images=Counter({name: split["images"] for name, split in made.report["splits"].items()}),
        )
        bundles[format_.name] = hostile.db.data_dir / made.path, recipe, counts
    return bundles[format_.name]


def _check(path: Path, format_: Format, recipe: ExportRecipe, counts: BundleCounts) -> dict[str, CheckResult]:
    with open_bundle(path) as bundle:
        checker = format_.checker(format_.layout(recipe), counts.expected())
        return {result.name: result for result in checker.run(bundle)}


EVERY_CHECK = [
    pytest.param(format_, check, id=f"{format_.name}-{number}")
    for format_ in FORMATS
    for number, check in enumerate(dict.fromkeys(format_.checker.checks))
]


@pytest.mark.parametrize(("format_", "check"), EVERY_CHECK)
def test_a_damaged_bundle_fails_the_check(
    format_: Format, check: str, hostile: HostileProject, bundles: Bundles, tmp_path: Path
) -> None:
    intact, recipe, counts = _bundle(format_, hostile, bundles)
    assert _check(intact, format_, recipe, counts)[check].passed
    damaged = Damaged(Path(shutil.copytree(intact, tmp_path / "damaged")), format_)
    try:
        WAYS[check](damaged)
    except NoSuchDamageError:
        assert format_.name.endswith(("-dpo", "-kto"))
        return
    damaged.save()

    found = _check(damaged.root, format_, recipe, counts)

    assert found[check].problems > 0, f"{check} did not fail"


def test_several_threads_read_one_zip_at_once(tmp_path: Path) -> None:
    texts = {f"rows-{number}.jsonl": str(number).encode() * 3000 for number in range(20)}
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for name, text in texts.items():
            # force_zip64 adds the extra field to the header, which ZipFile.open seeks over.
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(text)

    def read(bundle: Bundle, name: str) -> bytes:
        with bundle.open(name) as file:
            return b"".join(iter(partial(file.read, 512), b""))

    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(20):
            with open_bundle(tmp_path / "bundle.zip") as bundle, ThreadPoolExecutor(4) as pool:
                assert list(pool.map(read, repeat(bundle), texts)) == list(texts.values())
    finally:
        sys.setswitchinterval(interval_s)
