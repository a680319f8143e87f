"""Forms with files: what is too large, malformed, or cannot be stored on the way."""

import errno

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from core import Projects
from core.api import upload_form
from tests.pictures import png

FORM = {"files": ("red.png", png("red"))}


def test_a_form_is_refused_by_its_announced_size_before_anything_is_read(
    client: TestClient, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/api/projects/{project.id}/images"
    request = client.build_request("POST", url, files=FORM)
    size = int(request.headers["Content-Length"])
    monkeypatch.setattr(upload_form, "MAX_UPLOAD_BYTES", size)
    assert client.post(url, files=FORM).status_code == 201
    monkeypatch.setattr(upload_form, "MAX_UPLOAD_BYTES", size - 1)
    refused = client.post(url, files=FORM)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert f"An upload has at most {size - 1:,} bytes; send fewer files at a time." in refused.json()["detail"]


def test_a_form_that_is_malformed_is_refused(client: TestClient, project: Projects) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    refused = client.post(f"/api/projects/{project.id}/images", content=b"no form", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EIO, "cannot be written (Input/output error)")],
)
def test_a_temporary_file_that_cannot_be_written_is_said_to_be_so(
    client: TestClient, project: Projects, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    async def parse(_parser: object) -> None:
        raise OSError(number, "Input/output error")

    monkeypatch.setattr(upload_form._Parser, "parse", parse)
    refused = client.post(f"/api/projects/{project.id}/images", files=FORM)
    assert (refused.status_code, refused.json()["code"]) == (507, "storage")
    assert refused.json()["detail"] == f"The disk for temporary files {reason}. Free some space, or set TMPDIR."


@pytest.mark.parametrize("piece_bytes", [1, 7, 1_000])
async def test_of_each_file_no_more_is_kept_than_its_limit_and_one_byte(piece_bytes: int) -> None:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{size}"\r\n\r\n{"a" * size}\r\n'
        for size in (2, 3, 4, 900, 3)
    ]
    body = ("".join(parts) + "--x--\r\n").encode()
    pieces = [body[at : at + piece_bytes] for at in range(0, len(body), piece_bytes)]

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    form = await upload_form._Parser(request, 3).parse()
    assert [file.size for _, file in form.multi_items() if isinstance(file, UploadFile)] == [2, 3, 4, 4, 3]
