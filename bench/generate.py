"""A generation task against bare loops that only make the same calls, in one run, by turns.

A fake provider in a process of its own answers each call after 200 ms. The bare loops send the same image (150 KB)
and prompt with litellm, and with httpx; Vitrine runs whole tasks: fetch item, read image, call, parse, commit.
Also: the time an item costs without its call, memory over many calls, how late the progress is.

    python bench/generate.py [--full]
"""

import argparse
import asyncio
import base64
import io
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core import connect
from core.app import Services
from core.process import background_loop
from core.tasks import TaskRunner

REPLY_AFTER_S = 0.2
MODEL = "openai/gpt-4o"
OF_BARE_LITELLM = 0.9
OF_BARE_HTTPX = 0.6
OF_BARE_LITELLM_MAKING_DERIVATIVES = 0.6
GROWTH_MB_AT_MOST = 50.0
REPLY = json.dumps({"items": [{"question": "What colour is it?", "answer": "Plain.", "kind": "attribute"}]})


def serve(pipe: Connection, reply_after_s: float = REPLY_AFTER_S) -> None:
    """Run the fake provider until the other end of *pipe* says stop."""
    from tests.fakes.provider import FakeProvider, Reply

    with FakeProvider(Reply(REPLY, delay_s=reply_after_s)) as provider:
        # The memory of a fake is for tests; over thousands of calls it would be the largest thing here.
        provider.calls = provider.received = _Forgetful()
        pipe.send(provider.url)
        pipe.recv()


class _Forgetful(list[Any]):
    def append(self, _item: Any) -> None:
        return


def photograph(seed: int, size_wh: tuple[int, int], quality: int) -> bytes:
    """Return a noisy JPEG, as large as a photograph of that size."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(seed).integers(0, 255, (size_wh[1] // 8, size_wh[0] // 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size_wh, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


async def at_a_time(calls: int, concurrency: int, call: Callable[[int], Awaitable[Any]]) -> float:
    """Make *calls* calls, *concurrency* of them at a time, and return calls per second."""
    waiting = iter(range(calls))

    async def worker() -> None:
        for number in waiting:
            await call(number)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return calls / (time.perf_counter() - started)


def messages(image: bytes, prompt: str) -> list[dict[str, Any]]:
    url = "data:image/jpeg;base64," + base64.b64encode(image).decode()
    return [
        {
            "role": "user",
            "content": [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": url}}],
        }
    ]


async def bare_litellm(url: str, image: bytes, prompt: str, calls: int, concurrency: int) -> float:
    from core.llm import wire

    litellm = wire.litellm()

    async def call(_number: int) -> None:
        await litellm.acompletion(
            model=MODEL, api_base=f"{url}/v1", api_key="sk-fake", messages=messages(image, prompt), max_retries=0,
            num_retries=0, timeout=60,
        )  # fmt: skip

    return await at_a_time(calls, concurrency, call)


async def bare_httpx(url: str, image: bytes, prompt: str, calls: int, concurrency: int) -> float:
    import httpx

    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def call(_number: int) -> None:
            body = {"model": "gpt-4o", "messages": messages(image, prompt)}
            reply = await client.post(f"{url}/v1/chat/completions", json=body)
            json.loads(reply.json()["choices"][0]["message"]["content"])

        return await at_a_time(calls, concurrency, call)


class Project:
    """A project of *count* different images in a data directory of its own."""

    def __init__(self, services: Services, name: str, count: int, size_wh: tuple[int, int], quality: int) -> None:
        self._services = services
        self._loop = background_loop()
        self.id = services.projects.create_project(name).id
        files = [(f"{number}.jpg", photograph(number, size_wh, quality)) for number in range(count)]
        self.outcomes = services.images.add_images(self.id, files)
        self.image = files[0][1]

    async def run(self, llm_config: dict[str, Any], concurrency: int, limit: int | None = None) -> float:
        """Run a task over the images and return items per second."""
        services = self._services
        ids = [outcome.image.id for outcome in self.outcomes if outcome.image][:limit]
        config = {
            "image_ids": ids, "num_questions": 1, "with_answers": True, "concurrency": concurrency,
            # Another language each time: the same request would be answered from what was paid for before.
            "language": f"Language {time.time_ns()}",
            "llm_config": llm_config,
        }  # fmt: skip
        task = services.tasks.create_task(self.id, config=config)
        started = time.perf_counter()
        running = self._loop.submit(TaskRunner(services.db, services.kinds).run(task.id))
        ended = await asyncio.wrap_future(running)
        took_s = time.perf_counter() - started
        if (ended.status, ended.processed_count) != ("completed", len(ids)):
            raise SystemExit(f"the task ended as {ended.status}: {services.tasks.summary(task.id).failures}")
        return len(ids) / took_s


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def measure(services: Services, url: str, *, full: bool) -> bool:
    llm_config = {"model": MODEL, "api_base": f"{url}/v1", "api_key": None}
    services.llm.warm_up()
    ready = Project(services, "Ready", 480, (1000, 750), 80)
    large = Project(services, "Large", 240, (1600, 1200), 55)
    prompt = services.preview.request(ready.id, {"num_questions": 1, "with_answers": True}).prompt
    print(f"images of {len(ready.image) / 1000:.0f} KB that fit, and of {len(large.image) / 1000:.0f} KB to be reduced")
    for outcome in ready.outcomes:
        if outcome.image:
            services.images.model_image(outcome.image)
    await ready.run(llm_config, 32, limit=64)
    within = True
    for concurrency, calls in ((8, 200), (32, 480)):
        rounds: dict[str, list[float]] = {"litellm": [], "httpx": [], "Vitrine": []}
        for _ in range(5 if full else 3):
            rounds["litellm"].append(await bare_litellm(url, ready.image, prompt, calls, concurrency))
            rounds["Vitrine"].append(await ready.run(llm_config, concurrency, limit=calls))
            rounds["httpx"].append(await bare_httpx(url, ready.image, prompt, calls, concurrency))
        rate = {name: statistics.median(values) for name, values in rounds.items()}
        of_litellm, of_httpx = rate["Vitrine"] / rate["litellm"], rate["Vitrine"] / rate["httpx"]
        print(f"concurrency {concurrency}: Vitrine {rate['Vitrine']:.0f} calls/s, "
              f"bare litellm {rate['litellm']:.0f}, bare httpx {rate['httpx']:.0f} = {of_litellm:.2f} (at least "
              f"{OF_BARE_LITELLM}) and {of_httpx:.2f}")  # fmt: skip
        within &= of_litellm >= OF_BARE_LITELLM and (concurrency < 32 or of_httpx >= OF_BARE_HTTPX)
    making = await large.run(llm_config, 32)
    of_making = making / rate["litellm"]
    print(f"derivatives made in the same run: {making:.0f} calls/s = {of_making:.2f} of bare litellm "
          f"(at least {OF_BARE_LITELLM_MAKING_DERIVATIVES})")  # fmt: skip
    within &= of_making >= OF_BARE_LITELLM_MAKING_DERIVATIVES
    within &= await memory(ready, llm_config, 5_000 if full else 960)
    return within


async def memory(project: Project, llm_config: dict[str, Any], calls: int) -> bool:
    before, done = rss_mb(), 0
    while done < calls:
        await project.run(llm_config, 32)
        done += len(project.outcomes)
    grown = rss_mb() - before
    print(f"memory over {done:,} calls: {grown:+.0f} MB (at most {GROWTH_MB_AT_MOST:.0f})")
    return grown <= GROWTH_MB_AT_MOST


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="more rounds and 5,000 calls for the memory")
    chosen = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "sk-fake"
    ours, theirs = multiprocessing.Pipe()
    provider = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    provider.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as directory, connect(directory) as db:
        within = asyncio.run(measure(Services(db), url, full=chosen.full))
    ours.send("stop")
    provider.join(10)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
