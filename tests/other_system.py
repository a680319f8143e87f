"""Imports everything and does the main job in a process that lacks what Windows and macOS lack.

``test_portable.py`` runs this file, and puts it on the path as ``sitecustomize``, so that worker processes lack the
same. For modules of this project ``import resource`` and its like fail, and ``os`` and ``signal`` have no name that
Windows has not; libraries keep them. A file below ``VITRINE_WATCHED`` whose name Windows refuses, or that differs from
another one in case only, is refused as there.
"""

import builtins
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = {
    "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog", "termios", "tty", "uvloop",
}  # fmt: skip
NAMES = {
    "os": {
        "chown", "fchmod", "fork", "forkpty", "getloadavg", "getpgid", "getpriority", "geteuid", "getuid", "killpg",
        "mkfifo", "nice", "openpty", "posix_fadvise", "posix_fallocate", "preadv", "pwrite", "sched_getaffinity",
        "sched_setaffinity", "sendfile", "setpriority", "setsid", "statvfs", "sync", "uname", "wait", "O_DIRECTORY",
        "O_NOFOLLOW", "O_CLOEXEC", "copy_file_range", "memfd_create",
    },
    "signal": {"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "alarm", "setitimer", "pthread_kill"},
}  # fmt: skip
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{digit}" for port in ("COM", "LPT") for digit in range(1, 10))}
MAX_CHARS = 150
"""Of a path below the watched directory, of the 260 that Windows allows by default."""
_import = builtins.__import__


class Lacking(ModuleType):
    """A module without some of its names."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        if name in NAMES[self.__name__]:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return "nt" if (self.__name__, name) == ("os", "name") else getattr(self.__dict__["_module"], name)


_LACKING = {name: Lacking(module) for name, module in {"os": os, "signal": signal}.items()}


def _is_ours(module: Mapping[str, Any] | None) -> bool:
    name = str((module or {}).get("__name__", ""))
    return name.partition(".")[0] in {"core", "pages", "vitrine"}


def _without(name: str, module: Mapping[str, Any] | None = None, *arguments: Any, **named: Any) -> Any:
    if not _is_ours(module):
        return _import(name, module, *arguments, **named)
    if name.partition(".")[0] in MODULES:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _LACKING.get(name) or _import(name, module, *arguments, **named)


_known: dict[str, str] = {}


def _refusal(path: str) -> str:
    """Return why Windows refuses a path below the watched directory, or ""."""
    for part in path.split("/"):
        is_device = part.partition(".")[0].rstrip().upper() in RESERVED
        if is_device or part != part.rstrip(" .") or set(part) & set('<>:"|?*\\'):
            return "has a name that Windows refuses"
    if len(path) > MAX_CHARS:
        return f"has {len(path)} characters"
    other = _known.setdefault(path.lower(), path)
    return f"differs from {other} in case only" if other != path else ""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in ("open", "os.mkdir", "os.rename") or not isinstance(arguments[0], str | os.PathLike):
        return
    root = os.environ["VITRINE_WATCHED"]
    for given in arguments[: 2 if event == "os.rename" else 1]:
        path = str(Path.cwd() / os.fsdecode(given))
        if path.startswith(f"{root}/") and (why := _refusal(path.removeprefix(f"{root}/"))):
            os.write(2, f"REFUSED {path} {why}\n".encode())
            raise OSError(22, f"Windows refuses {path}: it {why}")


def simulate() -> None:
    """Make this process lack what other systems lack."""
    builtins.__import__ = _without  # type: ignore[assignment]
    if "VITRINE_WATCHED" in os.environ:
        sys.addaudithook(_watch)


def import_everything() -> int:
    """Import all modules but the pages themselves, which run when they are imported; return how many there are."""
    from importlib import import_module

    root = Path(__file__).parents[1]
    files = [*(root / "core").rglob("*.py"), *(root / "pages" / "components").rglob("*.py")]
    names = [".".join(file.relative_to(root).with_suffix("").parts) for file in files if "migrations" not in file.parts]
    for name in sorted(name.removesuffix(".__init__") for name in names):
        import_module(name)
    return len(names)


def run_main_job() -> None:
    """From a ZIP with odd names to a dataset, an archive and a backup; prints what each command printed first."""
    import io
    import zipfile

    from PIL import Image
    from typer.testing import CliRunner

    from core.cli import app

    odd = ["CON.png", "nul.png", "Photo.png", "photo.png", "dots...png", "a:b?.png", f"{'long ' * 40}.png", "a/AUX.png"]
    with zipfile.ZipFile("odd.zip", "w") as archive:
        for number, name in enumerate(odd):
            data = io.BytesIO()
            Image.new("RGB", (40 + number, 30), (200, 30, 30 * number)).save(data, "PNG")
            archive.writestr(name, data.getvalue())
    for line in (
        "import odd.zip --project AUX", "ask --project AUX --model offline/measure --questions 1",
        "export --project AUX --unconfirmed --yes --format imagefolder --out out",
        "export --project AUX --unconfirmed --yes --out out.zip",
        "project export AUX .", "--data other project import project-AUX.zip", "backup backups",
    ):  # fmt: skip
        result = CliRunner().invoke(app, line.split())
        assert result.exit_code == 0, f"{line}: {result.output} {result.exception!r}"
        print(result.stdout.strip().splitlines()[0])


def main() -> None:
    sys.path[0] = str(Path(__file__).parents[1])  # tests/ has a folder core of its own
    simulate()
    print(import_everything() > 500)
    run_main_job()
    from core.images import worker
    from core.images.sandbox import close_shared

    print(worker.can_limit(), worker.can_limit_memory())
    close_shared()


if __name__ == "__main__":
    main()
elif __name__ == "sitecustomize":
    simulate()
