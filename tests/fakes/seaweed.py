"""SeaweedFS, an object storage as people run it: a process beside the test, with one empty bucket."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.browser.driving import free_port
from tests.fakes.object_storage import BUCKET, KEY, SECRET

_STARTING_S = 60.0


@contextmanager
def seaweed(directory: Path) -> Iterator[str]:
    """Run it with its files in *directory*, which exists, and yield its address."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    ports = [free_port() for _ in range(8)]
    may = {"name": "a", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (directory / "s3.json").write_text(json.dumps({"identities": [may]}))
    command = [
        str(Path(sys.executable).with_name("weed")), "server", f"-dir={directory}", "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1", "-s3", f"-s3.config={directory / 's3.json'}", f"-s3.port={ports[0]}",
        f"-master.port={ports[1]}", f"-volume.port={ports[2]}", f"-filer.port={ports[3]}", "-volume.max=100",
        f"-master.port.grpc={ports[4]}", f"-volume.port.grpc={ports[5]}", f"-filer.port.grpc={ports[6]}",
        f"-s3.port.grpc={ports[7]}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-master.volumeSizeLimitMB=256",
    ]  # fmt: skip
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{ports[0]}"
        client = boto3.client(
            "s3", endpoint_url=address, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        deadline = time.monotonic() + _STARTING_S
        while True:
            try:
                client.create_bucket(Bucket=BUCKET)
                client.put_object(Bucket=BUCKET, Key="begin", Body=b"x")  # the first one waits for a volume
                client.delete_object(Bucket=BUCKET, Key="begin")
                break
            except (BotoCoreError, ClientError):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield address
    finally:
        if process.poll() is None:
            for started in (*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)):
                started.kill()
        process.wait()
