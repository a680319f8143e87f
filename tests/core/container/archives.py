"""ZIP archives made for the tests: by other programs where these are installed, and with single faults."""

import io
import shutil
import struct
import subprocess
import warnings
import zipfile
from pathlib import Path

import pytest

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that occur twice
        for name, data in files.items():
            archive.writestr(name.removeprefix("again:"), data)
    return buffer.getvalue()


def with_name_bytes(files: dict[bytes, bytes]) -> bytes:
    """Return an archive whose names are these bytes, without a flag that says in which encoding."""
    stand_ins = {chr(ord("a") + number) * len(name): name for number, name in enumerate(files)}
    data = packed({stand_in: files[name] for stand_in, name in stand_ins.items()}, zipfile.ZIP_STORED)
    for stand_in, name in stand_ins.items():
        assert data.count(stand_in.encode()) == 2
        data = data.replace(stand_in.encode(), name)
    return data


def changed(data: bytes, name: str, local_at: int, central_at: int, value: int, format_: str = "<H") -> bytes:
    """Return the archive with another value in both headers of the member *name*."""
    made = bytearray(data)
    for signature, field_at, name_at in ((LOCAL, local_at, 30), (CENTRAL, central_at, 46)):
        at = made.find(signature)
        while made[at + name_at : at + name_at + len(name)] != name.encode():
            at = made.find(signature, at + 1)
        struct.pack_into(format_, made, at + field_at, value)
    return bytes(made)


def encrypted(data: bytes, name: str) -> bytes:
    return changed(data, name, 6, 8, 1)


def with_method(data: bytes, name: str, method: int) -> bytes:
    return changed(data, name, 8, 10, method)


def with_wrong_crc(data: bytes, name: str) -> bytes:
    return changed(data, name, 14, 16, 0x01020304, "<L")


def run(program: str, *arguments: str, cwd: Path) -> None:
    """Run a program that packs archives, or skip the test where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    subprocess.run([program, *arguments], cwd=cwd, check=True, capture_output=True)
