"""Generation tasks, compared with bare loops that make the same calls; all alternate in one run.

A fake provider in its own process replies to each call after 200 ms. The bare loops send the same bytes (an image of
150 KB, prompt and schema) with litellm and with httpx on the same event loop, and parse the reply. Vitrine runs
complete tasks: fetch item, read image, call, parse, commit. Also measured: derivatives made during the task, the
overhead of an item without its call, memory growth over many calls, and the response time of the page.

    python bench/generate.py [--full] [--part NAME]

Parts: rates, derivatives, overhead, memory or page.
"""

import argparse
import asyncio
import io
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core import connect
from core.llm import ChatRequest, ImagePart
from core.llm.schemas import QuestionAnswerList
from core.services import Services
from core.tasks import TaskRunner

REPLY_AFTER_S = 0.2
MODEL = "openai/gpt-4o"
OF_BARE_LITELLM = 0.9
OF_BARE_HTTPX = 0.6
OF_BARE_LITELLM_MAKING_DERIVATIVES = 0.6
GROWTH_MB_AT_MOST = 50.0
OVERHEAD_MS_AT_MOST = 2.0
PARTS = ("rates", "derivatives", "overhead", "memory", "page")
REPLY = json.dumps({"items": [{"question": "What color is it?", "answer": "Plain.", "kind": "attribute"}]})


def serve(pipe: Connection, reply_after_s: float = REPLY_AFTER_S) -> None:
    """Run the fake provider until a message arrives on *pipe*; send its URL first."""
    from tests.fakes.provider import FakeProvider, Reply

    with FakeProvider(Reply(REPLY, delay_s=reply_after_s)) as provider:
        # The fake records its calls for tests; over thousands of calls that would dominate the memory.
        provider.calls = provider.received = _DiscardingList()
        pipe.send(provider.url)
        pipe.recv()


class _DiscardingList(list[Any]):
    def append(self, _item: Any) -> None:
        return


def photograph(seed: int, size_wh: tuple[int, int], quality: int) -> bytes:
    """Return a JPEG of noise with about the size in bytes of a photograph."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(seed).integers(0, 255, (size_wh[1] // 8, size_wh[0] // 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size_wh, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


async def calls_per_s(calls: int, concurrency: int, call: Callable[[int], Awaitable[Any]]) -> float:
    """Make *calls* calls with the given concurrency and return calls per second."""
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await call(number)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return calls / (time.perf_counter() - started)


async def bare_litellm(url: str, request: ChatRequest, calls: int, concurrency: int) -> float:
    from core.llm import litellm_client

    litellm = litellm_client.litellm()

    async def call(_number: int) -> None:
        reply = await litellm.acompletion(
            model=MODEL,
            api_base=f"{url}/v1",
            api_key="sk-fake",
            max_retries=0,
            num_retries=0,
            timeout=60,
            **body(request),
        )
        json.loads(reply.choices[0].message.content)

    return await calls_per_s(calls, concurrency, call)


async def bare_httpx(url: str, request: ChatRequest, calls: int, concurrency: int) -> float:
    import httpx

    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def call(_number: int) -> None:
            payload = {"model": "gpt-4o", **body(request)}
            reply = await client.post(f"{url}/v1/chat/completions", json=payload)
            json.loads(reply.json()["choices"][0]["message"]["content"])

        return await calls_per_s(calls, concurrency, call)


def body(request: ChatRequest) -> dict[str, Any]:
    """Return what Vitrine sends for *request*; built for each call, as Vitrine builds it for each image."""
    from core.llm import litellm_client

    return {
        "messages": litellm_client.messages_for(request),
        "response_format": litellm_client.response_format(QuestionAnswerList),
    }


class Project:
    """A project of *count* different images."""

    def __init__(
        self, services: Services, name: str, count: int, size_wh: tuple[int, int], quality: int, *, first: int = 0
    ) -> None:
        """*first* is the number of the first image; each number gives a different image."""
        self._services = services
        self.id = services.projects.create_project(name).id
        files = [(f"{number}.jpg", photograph(first + number, size_wh, quality)) for number in range(count)]
        self.outcomes = services.intake.add_images(self.id, files)
        self.image = files[0][1]

    def run(self, llm_config: dict[str, Any], concurrency: int, limit: int | None = None) -> float:
        """Run a task over the images and return items per second."""
        services = self._services
        ids = [outcome.image.id for outcome in self.outcomes if outcome.image][:limit]
        config = {
            "image_ids": ids, "num_questions": 1, "with_answers": True, "concurrency": concurrency,
            # A new language for each run: an equal request would be answered from the call ledger without a call.
            "language": f"Language {time.time_ns()}",
            "llm_config": llm_config,
        }  # fmt: skip
        task = services.tasks.create_task(self.id, config=config)
        started = time.perf_counter()
        ended = services.loop.run(TaskRunner(services.db, services.kinds).run(task.id))
        took_s = time.perf_counter() - started
        if (ended.status, ended.processed_count) != ("completed", len(ids)):
            raise SystemExit(f"the task ended as {ended.status}: {services.tasks.summary(task.id).failures}")
        return len(ids) / took_s


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


class Bench:
    """The parts of the benchmark; each method returns whether its bounds hold."""

    def __init__(self, services: Services, url: str, *, full: bool) -> None:
        self._services, self._url, self._full = services, url, full
        self._llm_config = {"model": MODEL, "api_base": f"{url}/v1", "api_key": None}
        services.llm.warm_up()
        self._ready = Project(services, "Ready", 480, (1000, 750), 76)
        for outcome in self._ready.outcomes:
            if outcome.image:
                services.images.model_image(outcome.image)
        prompt = services.preview.request(self._ready.id, {"num_questions": 1, "with_answers": True}).prompt
        image = ImagePart(self._ready.image)
        self._request = ChatRequest(prompt, images=(image,), schema=QuestionAnswerList)
        self._ready.run(self._llm_config, 32, limit=64)

    def rates(self) -> bool:
        print(f"images of {len(self._ready.image) / 1000:.0f} KB that need no derivative")
        within = True
        for concurrency, calls in ((8, 200), (32, 480)):
            rates: dict[str, list[float]] = {"litellm": [], "Vitrine": [], "httpx": []}
            for _ in range(5 if self._full else 3):
                rates["litellm"].append(self._bare(bare_litellm, calls, concurrency))
                rates["Vitrine"].append(self._ready.run(self._llm_config, concurrency, limit=calls))
                rates["httpx"].append(self._bare(bare_httpx, calls, concurrency))
            rate = {name: statistics.median(values) for name, values in rates.items()}
            of_litellm, of_httpx = rate["Vitrine"] / rate["litellm"], rate["Vitrine"] / rate["httpx"]
            print(f"concurrency {concurrency}: Vitrine {rate['Vitrine']:.0f} calls/s, bare litellm "
                  f"{rate['litellm']:.0f}, bare httpx {rate['httpx']:.0f} = {of_litellm:.2f} (at least "
                  f"{OF_BARE_LITELLM}) and {of_httpx:.2f} (at 32 at least {OF_BARE_HTTPX})")  # fmt: skip
            within &= of_litellm >= OF_BARE_LITELLM and (concurrency < 32 or of_httpx >= OF_BARE_HTTPX)
        return within

    def derivatives(self) -> bool:
        shares = []
        for number in range(3 if self._full else 2):
            large = Project(self._services, f"Large {number}", 240, (1280, 960), 40, first=1000 * number)
            bare, ours = self._bare(bare_litellm, 240, 32), large.run(self._llm_config, 32)
            shares.append(ours / bare)
            print(f"images of {len(large.image) / 1000:.0f} KB, derivatives made during the task: {ours:.0f} calls/s = "
                  f"{ours / bare:.2f} of bare litellm (at least {OF_BARE_LITELLM_MAKING_DERIVATIVES})")  # fmt: skip
        return statistics.median(shares) >= OF_BARE_LITELLM_MAKING_DERIVATIVES

    def overhead(self) -> bool:
        """Run tasks whose calls return immediately."""
        from core.llm import litellm_client

        async def immediately(*_: Any, **__: Any) -> litellm_client.RawReply:
            return litellm_client.RawReply(REPLY, "stop", "", (), 1000, 20, 0.001)

        original, litellm_client.complete = litellm_client.complete, immediately
        try:
            each_ms = 1000 / statistics.median(self._ready.run(self._llm_config, 32) for _ in range(3))
        finally:
            litellm_client.complete = original
        print(f"an item without its call: {each_ms:.1f} ms (at most {OVERHEAD_MS_AT_MOST:.0f})")
        return each_ms <= OVERHEAD_MS_AT_MOST

    def memory(self) -> bool:
        calls, done = 5_000 if self._full else 960, 0
        before = rss_mb()
        while done < calls:
            self._ready.run(self._llm_config, 32)
            done += len(self._ready.outcomes)
        grown = rss_mb() - before
        print(f"memory over {done:,} calls: {grown:+.0f} MB (at most {GROWTH_MB_AT_MOST:.0f})")
        return grown <= GROWTH_MB_AT_MOST

    def page(self) -> bool:
        from bench.watching import watch

        return watch(self._url, lambda number: photograph(number, (1000, 750), 76))

    def _bare(self, loop: Callable[..., Coroutine[Any, Any, float]], calls: int, concurrency: int) -> float:
        return self._services.loop.run(loop(self._url, self._request, calls, concurrency))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="more rounds, and 5,000 calls for the memory part")
    parser.add_argument("--part", choices=PARTS, help="run this part only")
    chosen = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "sk-fake"
    ours, theirs = multiprocessing.Pipe()
    provider = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    provider.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as directory, connect(directory) as db:
        bench = Bench(Services(db), url, full=chosen.full)
        within = [getattr(bench, part)() for part in ([chosen.part] if chosen.part else PARTS)]
    ours.send("stop")
    provider.join(10)
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
