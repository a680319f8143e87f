"""Follows the README of a bundle in each format word by word, and writes the second table in docs/CONSUMERS.md.

    python -m tests.consumers.readmes [FORMAT ...]

What stands in a README is run as it stands, in the directory that holds the bundle, in an environment with nothing in
it: first the commands that install, then the command or code that loads. ``pip`` is uv's, with its cache. ``git clone``
copies the checkout from the directory that CONSUMERS_DIR names, for the commit that the README names. The model
Qwen2.5-VL is one of random weights. Where a GPU or a download is needed, a stand-in gets the printed words instead of
the program: it parses them with the program's own parser and loads the rows with the program's own loader. The table
says so; see :data:`CUTS`.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core import connect
from core.export import FORMATS
from tests.consumers.consumers import VLMEVALKIT
from tests.consumers.shelf import Shelf, build

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STAND_INS = HERE / "stand_ins"
TABLE = ROOT / "docs" / "CONSUMERS.md"
BEGIN, END = "<!-- readmes -->\n", "<!-- end of readmes -->\n"
HEAD = "| format | run on | outcome | cut |\n|---|---|---|---|\n"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMEOUT_S = 1800
_MODEL = "Qwen/Qwen2.5-VL-3B-Instruct"
_GPU = "its trainer needs a GPU: the words are parsed and the rows loaded by its own code"


@dataclass(frozen=True)
class Cut:
    """What of a README is not run here.

    Attributes:
        reason: As the table says it.
        install: Commands that are run instead of those that are printed; empty: the printed ones.
        program: The program of the printed command that a stand-in replaces.
        stand_in: Name of the script in ``stand_ins``.
    """

    reason: str
    install: str = ""
    program: str = ""
    stand_in: str = ""


_TORCH = "pip install trl torch torchvision transformers datasets pillow"
_OLD = (
    "pip install torch torchvision 'transformers<5' 'datasets>=4' pillow qwen-vl-utils codetiming "
    "'omegaconf<2.4' torchdata tensordict ray"
)
_QWEN = Cut(_GPU, _TORCH, "torchrun", "qwen_main")
CUTS = {
    "llava": Cut(_GPU, _TORCH, "deepspeed", "llava_main"),
    "qwen": _QWEN,
    "qwen-grounding-px": _QWEN,
    "qwen-grounding-1000": _QWEN,
    **dict.fromkeys(
        ("trl", "trl-dpo", "trl-kto", "trl-grpo"), Cut("the check for a GPU with bf16 is skipped; nothing is trained")
    ),
    "verl": Cut(_GPU, "pip install verl==0.9.1 torchvision qwen-vl-utils", "python3", "verl_main"),
    "easyr1": Cut(_GPU, _OLD, "python3", "easyr1_main"),
    "roboflow": Cut(
        "its model needs a license, its metrics a download: the words are parsed and the rows loaded by its own code",
        program="maestro", stand_in="maestro_main",
    ),
    "vlmevalkit": Cut(
        "its model needs a GPU: the words are parsed and the rows loaded by its own code, without other benchmarks",
        f"pip install {' '.join(VLMEVALKIT)}", "python3", "vlmevalkit_main",
    ),
    "lmms-eval": Cut(
        "its model needs a GPU: it runs on the CPU instead", program="python3", stand_in="lmms_main",
    ),
    "sidecar": Cut("the settings are read and the captions loaded by its own code; the command to train is yours"),
    "openai": Cut("the file is uploaded to a server of this machine"),
    "vitrine": Cut("", f"pip install {ROOT}"),
}  # fmt: skip


@dataclass(frozen=True)
class Readme:
    """The commands of a README."""

    format: str
    bundle: Path
    install: str
    language: str
    load: str


def main(names: list[str]) -> int:
    unknown = set(names) - {format_.name for format_ in FORMATS}
    if unknown:
        sys.exit(f"There is no format {', '.join(sorted(unknown))}.")
    failed = 0
    with tempfile.TemporaryDirectory() as directory, connect(Path(directory) / "data") as db:
        shelf = build(db)
        chosen = [format_.name for format_ in FORMATS if not names or format_.name in names]
        readmes = [_export(shelf, Path(directory), name) for name in chosen]
        for install in dict.fromkeys(_install(readme) for readme in readmes):
            sharing = [readme for readme in readmes if _install(readme) == install]
            for readme, error in _follow(install, sharing, Path(directory)):
                failed += bool(error)
                print(readme.format, error or "runs", flush=True)
                _write_row(readme.format, error)
    return 1 if failed else 0


def _export(shelf: Shelf, directory: Path, name: str) -> Readme:
    place = Path(tempfile.mkdtemp(dir=directory, prefix=f"{name}-"))
    bundle, _ = shelf.export(place, name, {})
    text = (bundle / "README.md").read_text(encoding="utf-8")
    # The directory has the name that the README gives it.
    (title,) = re.findall(r"^With this bundle in the directory (.*):$", text, re.MULTILINE)
    bundle = bundle.rename(place / title.replace("\\", ""))
    blocks = _BLOCK.findall(text)
    install = blocks[0][1] if len(blocks) > 1 else ""
    return Readme(name, bundle, install, *blocks[-1])


def _install(readme: Readme) -> str:
    cut = CUTS.get(readme.format)
    clones = "".join(line + "\n" for line in readme.install.splitlines() if line.startswith("git clone"))
    return f"{clones}{cut.install}\n" if cut and cut.install else readme.install


def _follow(install: str, readmes: list[Readme], directory: Path) -> Iterator[tuple[Readme, str]]:
    """Yield each README with what went wrong; its commands run in an environment that *install* made."""
    with tempfile.TemporaryDirectory(dir=directory) as venv:
        programs = _make_environment(Path(venv))
        for number, readme in enumerate(readmes):
            place = readme.bundle.parent
            environment = os.environ | {
                "PATH": f"{programs}:{os.environ['PATH']}", "VIRTUAL_ENV": venv, "HF_HUB_OFFLINE": "1",
                "HF_HOME": str(place / "home"), "WANDB_MODE": "disabled", "OPENAI_API_KEY": "none",
            }  # fmt: skip
            clones = "".join(line + "\n" for line in install.splitlines() if line.startswith("git clone"))
            error = _run(install if number == 0 else clones, place, environment)
            if error and number == 0:
                yield from ((other, f"the installation: {error}") for other in readmes)
                return
            yield readme, error or _load(readme, environment)


def _make_environment(venv: Path) -> Path:
    """Make an empty environment whose ``pip`` is uv's and whose ``git clone`` copies a checkout."""
    uv = f"{sys.executable} -m uv"
    subprocess.run([*uv.split(), "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    programs = venv / "bin"
    _write_program(programs / "pip", f'exec {uv} pip "$1" --quiet --python {programs}/python "${{@:2}}"')
    _write_program(programs / "git", f'exec {sys.executable} {STAND_INS}/git_clone.py "$@"')
    return programs


def _write_program(path: Path, line: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/bash\n{line}\n")
    path.chmod(0o755)


def _load(readme: Readme, environment: dict[str, str]) -> str:
    """Run the command or code that loads; return what went wrong."""
    place, cut = readme.bundle.parent, CUTS.get(readme.format)
    models = f"{_MODEL} {shlex.quote(f'{readme.bundle.name}/{_MODEL}')}"  # some commands enter the bundle
    if error := _run(f"python {STAND_INS}/tiny_model.py {models}", place, environment):
        return f"the model: {error}"
    if readme.language != "bash":
        name = "load.py" if readme.language == "python" else "dataset.toml"
        (place / name).write_text(readme.load, encoding="utf-8")
        return _run(f"python {STAND_INS}/run_{readme.language}.py {name}", place, environment)
    if cut and cut.program:
        first = place / "stand-ins"
        first.mkdir()
        _write_program(first / cut.program, f'exec python {STAND_INS}/{cut.stand_in}.py "$@"')
        environment = environment | {"PATH": f"{first}:{environment['PATH']}"}
    return _run(readme.load, place, environment)


def _run(commands: str, place: Path, environment: dict[str, str]) -> str:
    if not commands:
        return ""
    try:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", commands], cwd=place, env=environment, capture_output=True,
            text=True, timeout=_TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"not ended after {_TIMEOUT_S} s"
    said = (done.stderr.strip() or done.stdout.strip())[-1500:]
    return f"exit code {done.returncode}: {said}" if done.returncode else ""


def _write_row(format_: str, error: str) -> None:
    cut, today = CUTS.get(format_), datetime.now(UTC).date().isoformat()
    row = f"| {format_} | {today} | {'fails' if error else 'runs'} | {cut.reason if cut else ''} |"
    head, _, rest = TABLE.read_text().partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()[2:]} | {format_: row}
    names = {format_.name for format_ in FORMATS}
    lines = "\n".join(line for name, line in sorted(rows.items()) if name in names)
    TABLE.write_text(f"{head}{BEGIN}{HEAD}{lines}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
