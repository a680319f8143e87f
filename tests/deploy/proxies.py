"""The proxies of ``docs/deploy`` with their own files, on free ports and with a certificate made for the test."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.driving import ROOT, free_port

HOST = "vitrine.example.org"
DEPLOY = ROOT / "docs" / "deploy"
PROXIES = ("caddy", "nginx")
_PATH = f"{os.environ['PATH']}:/usr/sbin"


def find_program(name: str, package: str) -> str:
    """Return the path of a program; a test without it is skipped with what to install, and fails in CI."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        missing = f"NO {name.upper()}: install it (apt install {package})"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return found


@contextmanager
def proxy_to(name: str, upstream_port: int, directory: Path) -> Iterator[int]:
    """Run the proxy *name* in front of *upstream_port* and yield its port."""
    program = find_program(name, {"nginx": "nginx-light"}.get(name, name))
    port, certificate = free_port(), _certificate(directory)
    command = {"caddy": _caddy, "nginx": _nginx}[name](directory, port, upstream_port, certificate)
    with (directory / f"{name}.log").open("wb") as log:
        environment = {**os.environ, "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
        process = subprocess.Popen([program, *command], stdout=log, stderr=log, env=environment)
    try:
        _wait_until_open(port, process, directory / f"{name}.log")
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _certificate(directory: Path) -> Path:
    """Return a file with a certificate for ``HOST``; its key is beside it with the suffix .key."""
    path = directory / "vitrine.pem"
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    subprocess.run(
        [find_program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
         str(path.with_suffix(".key")), "-out", str(path), *names],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return path


def _replaced(name: str, *changes: tuple[str, str]) -> str:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{name} has no {old!r} any more"
        text = text.replace(old, new)
    return text


def _caddy(directory: Path, port: int, upstream_port: int, certificate: Path) -> list[str]:
    config = directory / "Caddyfile"
    config.write_text(
        _replaced(
            "Caddyfile",
            ("{\n\tservers {", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {"),
            (f"{HOST} {{", f"{HOST}:{port} {{\n\ttls {certificate} {certificate.with_suffix('.key')}"),
            ("127.0.0.1:8501", f"127.0.0.1:{upstream_port}"),
        )
    )
    return ["run", "--config", str(config), "--adapter", "caddyfile"]


def _nginx(directory: Path, port: int, upstream_port: int, certificate: Path) -> list[str]:
    server = _replaced(
        "nginx.conf",
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("/etc/ssl/vitrine.example.org.pem", str(certificate)),
        ("/etc/ssl/vitrine.example.org.key", str(certificate.with_suffix(".key"))),
        ("127.0.0.1:8501", f"127.0.0.1:{upstream_port}"),
    )
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = directory / "nginx.conf"
    config.write_text(
        f"daemon off; pid {directory}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off;\n{temporary}{server}\n}}\n"
    )
    return ["-c", str(config), "-p", str(directory), "-e", "stderr"]


def _wait_until_open(port: int, process: "subprocess.Popen[bytes]", log: Path, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))
