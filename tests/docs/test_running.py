"""The commands of docs/RUNNING.md, run in order beside a server that makes backups itself."""

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from core.backup import list_backups
from tests.browser.driving import ROOT, AppServer, free_port
from tests.docs.blocks import to_run


def test_every_command_of_the_page_about_running_works(tmp_path: Path) -> None:
    boxes = to_run("docs/RUNNING.md", "sh")
    assert len(boxes) == 9
    metrics_port, scheduled = free_port(), tmp_path / "scheduled"
    settings = {
        "VITRINE_METRICS_PORT": str(metrics_port), "VITRINE_BACKUP_DIR": str(scheduled), "VITRINE_LOG_JSON": "true",
    }  # fmt: skip
    with AppServer.running(tmp_path, **settings) as server:
        _wait_for_backup(scheduled)
        places = {
            "/srv/vitrine/data": str(server.data_dir), "/srv/vitrine/restored": str(tmp_path / "restored"),
            "/mnt/backups": str(tmp_path / "backups"), "http://127.0.0.1:8501": server.url,
            "http://127.0.0.1:9464": f"http://127.0.0.1:{metrics_port}",
            "vitrine ": f"{shlex.quote(sys.executable)} -m vitrine ",
        }  # fmt: skip
        printed = [_run(box, places) for box in boxes]
        lines = [json.loads(line) for line in server.log_text().splitlines() if line.startswith("{")]
    assert "The secret key is not in it" in printed[0]
    assert "kept, next" in printed[1]
    assert "complete and intact" in printed[2]
    assert "Restored" in printed[3]
    assert printed[5].endswith("Archive may have at most 5,000 images with at most 20,000 MB together. It has 0.\n")
    assert printed[6] == '{"status":"ok"}{"status":"ready"}'
    assert 'vitrine_requests_total{method="GET",route="/api/ready",status="200"}' in printed[7]
    assert "x-request-id: my-request-1" in printed[8].lower()
    assert [line["level"] for line in lines if line["logger"].startswith("core.backup")] == ["INFO"]


def _run(box: str, places: dict[str, str]) -> str:
    for old, new in places.items():
        box = re.sub(rf"(?m)(?<![\w/.-]){re.escape(old)}", lambda _match, new=new: new, box)  # type: ignore[misc]
    ended = subprocess.run(["bash", "-euc", box], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def _wait_for_backup(target: Path) -> None:
    deadline = time.monotonic() + 200
    while not list_backups(target):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_page_names_every_setting_and_metric_it_speaks_of() -> None:
    text = (ROOT / "docs" / "RUNNING.md").read_text(encoding="utf-8")
    source = (ROOT / "core" / "metrics.py").read_text(encoding="utf-8")
    for name in re.findall(r'"(vitrine_[a-z_]+)"', source):
        assert name in text, name
    settings = (ROOT / "docs" / "SETTINGS.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"VITRINE_[A-Z_]+", text)):
        assert f"`{name}`" in settings, name
