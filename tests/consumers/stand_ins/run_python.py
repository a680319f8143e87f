"""Runs code of a README as it stands. The check for a GPU with bf16 passes, and uploads go to a server in here."""

import http.server
import json
import os
import runpy
import sys
import threading
from importlib.util import find_spec
from typing import Any

_NAMES = ("rows", "table", "coco", "vqa", "entries", "file", "trainer")


class _Uploads(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        size = len(self.rfile.read(int(self.headers["Content-Length"])))
        stored = {
            "id": "file-1", "object": "file", "bytes": size, "created_at": 0, "filename": "rows",
            "purpose": "fine-tune", "status": "processed",
        }  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(stored).encode())


def _count(value: Any) -> int:
    if hasattr(value, "train_dataset"):
        return len(value.train_dataset)
    if hasattr(value, "bytes"):
        return int(value.bytes)
    if hasattr(value, "getImgIds"):
        return len(value.getImgIds())
    return sum(map(len, value.values())) if isinstance(value, dict) else len(value)


if find_spec("transformers"):
    from transformers import training_args

    training_args.is_torch_bf16_gpu_available = lambda: True
if find_spec("openai"):
    server = http.server.HTTPServer(("127.0.0.1", 0), _Uploads)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{server.server_port}"
values = runpy.run_path(sys.argv[1])
assert _count(next(values[name] for name in _NAMES if name in values)) > 0
