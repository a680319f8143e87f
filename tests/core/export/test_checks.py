"""A check that cannot fail is a defect: each one is made to fail in each format that has it."""

import shutil
import sys
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest

from core.export import FORMATS, ExportRecipe, Format
from core.export.bundle import Written
from core.export.checks.base import Bundle, CheckResult, open_bundle
from tests.core.export.damage import WAYS, Damaged, NoSuchDamageError
from tests.core.export.nasty import Nasty

Bundles = dict[str, tuple[Path, ExportRecipe, Written]]
SPLITS = {"train": 50, "validation": 50, "test": 0, "seed": 4}


@pytest.fixture(scope="session")
def bundles(nasty: Nasty) -> Bundles:
    """One finished bundle of each format, made once."""
    return {}


def _bundle(format_: Format, nasty: Nasty, bundles: Bundles) -> tuple[Path, ExportRecipe, Written]:
    if format_.name not in bundles:
        values = {"format": format_.name, "container": "directory", "splits": SPLITS}
        if "path" in format_.image_modes:
            values["images"] = "path"
        recipe = ExportRecipe.parse(values)
        made = nasty.exporter.export(nasty.project_id, recipe)
        written = Written(
            entries=Counter({name: split["entries"] for name, split in made.report["splits"].items()}),
            rows=Counter({name: split["rows"] for name, split in made.report["splits"].items()}),
            images=Counter({name: split["images"] for name, split in made.report["splits"].items()}),
        )
        bundles[format_.name] = nasty.db.data_dir / made.path, recipe, written
    return bundles[format_.name]


def _check(path: Path, format_: Format, recipe: ExportRecipe, written: Written) -> dict[str, CheckResult]:
    with open_bundle(path) as bundle:
        return {result.name: result for result in format_.checker()(format_, recipe, written.expected()).run(bundle)}


EVERY_CHECK = [
    pytest.param(format_, check, id=f"{format_.name}-{number}")
    for format_ in FORMATS
    for number, check in enumerate(dict.fromkeys(format_.checker().checks))
]


@pytest.mark.parametrize(("format_", "check"), EVERY_CHECK)
def test_a_damaged_bundle_fails_the_check(
    format_: Format, check: str, nasty: Nasty, bundles: Bundles, tmp_path: Path
) -> None:
    good, recipe, written = _bundle(format_, nasty, bundles)
    assert _check(good, format_, recipe, written)[check].passed
    damaged = Damaged(Path(shutil.copytree(good, tmp_path / "damaged")), format_)
    try:
        WAYS[check](damaged)
    except NoSuchDamageError:
        assert format_.name.endswith(("-dpo", "-kto"))
        return
    damaged.save()

    found = _check(damaged.root, format_, recipe, written)

    assert found[check].problems > 0, f"{check} did not notice"


def test_a_zip_is_read_by_several_threads_at_once(tmp_path: Path) -> None:
    texts = {f"rows-{number}.jsonl": str(number).encode() * 3000 for number in range(20)}
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for name, text in texts.items():
            # Its header gets the extra field over which opening seeks.
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(text)

    def read(bundle: Bundle, name: str) -> bytes:
        with bundle.open(name) as file:
            return b"".join(iter(partial(file.read, 512), b""))

    patience_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(20):
            with open_bundle(tmp_path / "bundle.zip") as bundle, ThreadPoolExecutor(4) as pool:
                assert list(pool.map(read, repeat(bundle), texts)) == list(texts.values())
    finally:
        sys.setswitchinterval(patience_s)
