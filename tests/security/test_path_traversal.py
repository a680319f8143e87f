"""Path traversal: no file name or URL path writes or reads outside the data directory."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from core.secret_key import secret_key
from core.services import Services
from tests.pictures import png

NAMES = [
    "../../outside.png", "..\\..\\outside.png", "/etc/passwd.png", "C:\\windows\\outside.png", "\\\\host\\share\\a.png",
    "....//....//outside.png", "%2e%2e%2foutside.png", "file:///outside.png", "~/outside.png", "-rf.png", "=cmd().png",
    "CON.png", "nul", ".htaccess", ".", "..", "a" * 300 + ".png", "nul\x00l.png", "line\nbreak.png", "tab\t.png",
    "\u202egnp.exe", "caf\u00e9.png", "cafe\u0301.png", "<img src=x onerror=alert(1)>.png", "a;b|c&d$(e)`f`.png",
    "'; DROP TABLE images; --.png", "{project_id}.png", "%s%n.png", "\ufeffbom.png", "\U0001f600.png", " ",
]  # fmt: skip


def _all_files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def _part(name: str, content: bytes) -> bytes:
    """Return a multipart part with *name* as file name, without the sanitizing of a browser."""
    raw = name.encode().replace(b"\n", b"%0A").replace(b'"', b"%22").replace(b"\x00", b"%00")
    head = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="'
        + raw
        + b'"\r\nContent-Type: image/png\r\n\r\n'
    )
    return head + content + b"\r\n"


def test_a_malicious_file_name_writes_nothing_outside_the_data_directory(
    client: TestClient, services: Services, tmp_path: Path
) -> None:
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    before = _all_files(tmp_path)
    parts = [_part(name, png((number, 2 * number, 90))) for number, name in enumerate(NAMES)]
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(f"/api/projects/{project_id}/images", content=b"".join(parts) + b"--x--\r\n", headers=headers)
    assert answer.status_code == 201, answer.text
    images = [result["image"] for result in answer.json()["results"]]
    assert len(images) == len(NAMES)

    written = _all_files(tmp_path) - before
    data_dir = services.db.data_dir.resolve()
    assert len(written) >= len(NAMES)
    assert [path for path in written if not path.resolve().is_relative_to(data_dir)] == []
    assert [path for path in written if path.is_symlink() or "outside" in path.name] == []
    for image in images:
        assert not set("/\\\n\x00\u202e") & set(image["image_name"])
        original = client.get(f"/api/images/{image['id']}/data")
        disposition = unquote(original.headers["Content-Disposition"])
        assert disposition.startswith("attachment; filename")
        assert not set("/\\\r\n") & set(disposition)
        assert original.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/img/../secret.key", "/img/..%2fsecret.key/original", "/img/%2e%2e/%2e%2e", "/exports/../vitrine.db",
        "/exports/..%2fvitrine.db", "/exports/%2e%2e%5cvitrine.db", "/exports/vitrine.db", "/exports//etc/passwd",
        "/api/images/..%2f..%2fsecret.key/data", "/api/../data/secret.key", "/desk/../../secret.key",
    ],
)  # fmt: skip
def test_a_path_traversal_in_a_url_reads_no_file(client: TestClient, services: Services, path: str) -> None:
    secret = secret_key(services.db.data_dir)
    answer = client.get(path)
    assert answer.status_code in (404, 405)
    assert secret not in answer.content
    assert b"SQLite format 3" not in answer.content
