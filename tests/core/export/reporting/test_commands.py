"""The printed commands, as a shell reads them; `make readmes` runs them in the programs themselves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.export import FORMATS, Format, format_named, parse_recipe
from core.export.entries import RowOptions
from core.export.reporting.loading import load_command

DIRECTORY = "it's a; shelf"


def _command(name: str, directory: str) -> str:
    return load_command(format_named(name), parse_recipe({"format": name, "container": "directory"}), directory)


def _words(command: str, place: Path) -> list[str]:
    """Return the words that the program of *command* gets."""
    program, _, rest = command.partition(" ")
    script = f"{program}() {{ printf '%s\\0' \"$@\"; }}\n{program} {rest}"
    done = subprocess.run(["bash", "-e", "-c", script], cwd=place, capture_output=True, text=True, check=True)
    return done.stdout.split("\0")[:-1]


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_what_is_installed_has_the_versions_in_which_the_bundle_was_run(format_: Format) -> None:
    pinned = re.findall(r"==([\w.]+)|checkout -q (\w+)", format_.install)
    run_in = {program.split()[-1] for program in format_.run_in}
    assert not run_in or {package or commit for package, commit in pinned} <= run_in


def test_verl_gets_every_shard_of_the_split(tmp_path: Path) -> None:
    data = tmp_path / "shelf" / "data"
    data.mkdir(parents=True)
    for number in range(2):
        (data / f"train-0000{number}-of-00002.parquet").touch()

    words = dict(word.split("=", 1) for word in _words(_command("verl", "shelf"), tmp_path) if "=" in word)

    shards = "[shelf/data/train-00000-of-00002.parquet,shelf/data/train-00001-of-00002.parquet]"
    assert (words["data.train_files"], words["data.val_files"]) == (shards, shards)
    assert int(words["data.train_batch_size"]) % int(words["actor_rollout_ref.actor.ppo_mini_batch_size"]) == 0


def test_easyr1_gets_the_names_of_our_columns_not_those_of_its_example(tmp_path: Path) -> None:
    features = format_named("easyr1").features
    assert features is not None

    words = dict(word.split("=", 1) for word in _words(_command("easyr1", DIRECTORY), tmp_path) if "=" in word)

    assert {words["data.prompt_key"], words["data.answer_key"]} <= set(features(RowOptions()))
    assert words["data.train_files"] == f"{DIRECTORY}/data@train"


def test_the_line_that_registers_a_data_set_for_qwen_writes_python(tmp_path: Path) -> None:
    home = tmp_path / "Qwen3-VL" / "qwen-vl-finetune" / "qwenvl" / "data"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text("data_dict = {}\n")
    register, train = _command("qwen", DIRECTORY).splitlines()

    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["bash", "-e", "-c", register], cwd=tmp_path, env=os.environ | {"PATH": path}, check=True)

    names: dict[str, dict[str, dict[str, str]]] = {}
    exec((home / "__init__.py").read_text(), names)  # noqa: S102 - as the script imports it
    rows = {"annotation_path": f"{DIRECTORY}/qwen.jsonl", "data_path": DIRECTORY}
    assert names["data_dict"] == {"vitrine": rows}
    words = _words(train, tmp_path)
    assert words[words.index("--dataset_use") + 1] == "vitrine"
    assert words[words.index("--output_dir") + 1] == f"{DIRECTORY}-trained"


def test_llava_gets_rows_and_images_as_two_of_its_words(tmp_path: Path) -> None:
    words = _words(_command("llava", DIRECTORY), tmp_path)
    assert words[-4:] == ["--data_path", f"{DIRECTORY}/llava.json", "--image_folder", DIRECTORY]


@pytest.mark.parametrize(("name", "program"), [("lmms-eval", "python3"), ("oumi", "oumi")])
def test_a_program_that_reads_paths_from_where_it_starts_starts_in_the_bundle(
    name: str, program: str, tmp_path: Path
) -> None:
    (tmp_path / DIRECTORY).mkdir()
    script = f"{program}() {{ pwd; }}\n{_command(name, DIRECTORY)}"
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / DIRECTORY}\n"


def test_lmms_eval_is_installed_with_what_its_module_of_the_model_imports() -> None:
    assert "decord" in format_named("lmms-eval").install.split()
