"""What differs between systems: the names that files may have, and how files become durable."""

import os
from pathlib import Path

_PORTS = {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789"}
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | _PORTS
"""Windows opens a device by these names, whatever stands behind the first dot."""


def usable_name(name: str, otherwise: str) -> str:
    """Return *name*, which has no character that Windows refuses, with *otherwise* before it where that is a device."""
    return f"{otherwise}-{name}" if name.partition(".")[0].rstrip().lower() in _RESERVED else name


def sync_path(path: Path) -> None:
    """Return after the fsync of a file or directory; Windows cannot sync directories, and has no need to."""
    is_windows = os.name == "nt"
    if is_windows and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if is_windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_below(path: Path) -> None:
    """Return after the sync of a file, or of everything below a directory."""
    if hasattr(os, "sync"):
        os.sync()  # one for all files: a bundle may have many thousands, and an fsync of each would take longer
        return
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            sync_path(file)
