"""Images in replies: where they are found, and how their bytes are read."""

import base64
from types import SimpleNamespace

import pytest

from core.errors import BadReplyError, InvalidInputError
from core.fetch import Fetched
from core.llm import reply_images

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(60))).decode()
URL = f"data:image/png;base64,{PNG}"


@pytest.mark.parametrize(
    ("text", "urls", "left"),
    [
        ("Here: ![a](https://a.example/1.png) and ![b](<https://a.example/2.png> 'two').",
         ("https://a.example/1.png", "https://a.example/2.png"), "Here:  and ."),
        (f"![made]({URL})", (URL,), ""),
        ("https://a.example/1.png", ("https://a.example/1.png",), ""),
        (f" `{URL}`\n", (URL,), ""),
        (PNG, (URL,), ""),
        ("See https://a.example/1.png there", (), "See https://a.example/1.png there"),
        ("iVBORw0KGgo", (), "iVBORw0KGgo"),
        ("A" * 80, (), "A" * 80),
        (" No image. ", (), " No image. "),
    ],
)  # fmt: skip
def test_images_are_markdown_or_a_text_that_is_nothing_else(text: str, urls: tuple[str, ...], left: str) -> None:
    assert reply_images.in_text(text) == (urls, left)


async def _load(*urls: str) -> tuple[bytes, ...]:
    return await reply_images.load(urls, max_bytes=1000, timeout_s=60.0)


@pytest.mark.parametrize(
    ("encoded", "data"),
    [
        ("YWJj", b"abc"), ("YWI=", b"ab"), ("YWI", b"ab"), ("YW\nJj", b"abc"), ("YWJjZ", b"abc"),
        ("-_-_", b"\xfb\xff\xbf"), ("YWI%3D", b"ab"),
    ],
)  # fmt: skip
async def test_base64_is_read_with_line_breaks_without_padding_and_url_safe(encoded: str, data: bytes) -> None:
    assert await _load(f"data:image/png;base64,{encoded}") == (data,)


@pytest.mark.parametrize("encoded", ["", "?", "Y*Jj", "YWJj****"])
async def test_what_is_no_base64_is_an_error_of_the_reply(encoded: str) -> None:
    with pytest.raises(BadReplyError, match="cannot be decoded") as raised:
        await _load(f"data:image/png;base64,{encoded}")
    assert raised.value.reply_head.startswith("data:image/png")


async def test_an_image_that_cannot_be_read_is_left_out_when_another_can() -> None:
    assert await _load("data:image/png;base64,?", "data:image/png;base64,YWJj") == (b"abc",)
    assert await _load("data:image/png;base64,YWJj", "data:image/png;base64,?") == (b"abc",)
    assert await _load() == ()


async def test_the_last_sixteen_images_are_read() -> None:
    urls = [f"data:image/png;base64,{base64.b64encode(bytes([number])).decode()}" for number in range(18)]

    assert await _load(*urls) == tuple(bytes([number]) for number in range(2, 18))


async def test_addresses_are_fetched_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, float]] = []

    async def fetch(url: str, *, max_bytes: int, timeout_s: float) -> Fetched:
        asked.append((url, max_bytes, timeout_s))
        if "bad" in url:
            raise InvalidInputError("It is not public.")
        return Fetched(b"abc", url, "image/png")

    monkeypatch.setattr(reply_images, "fetch", fetch)

    assert await _load("https://a.example/1.png") == (b"abc",)
    ((url, max_bytes, timeout_s),) = asked
    assert (url, max_bytes) == ("https://a.example/1.png", 1000)
    assert 0 < timeout_s <= 60.0
    with pytest.raises(BadReplyError, match=r"could not be fetched: It is not public\.") as raised:
        await _load("https://bad.example/" + "x" * 400)
    assert len(raised.value.reply_head) == 300


async def test_size_and_time_are_limits_of_all_images_together(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    now_s = 0.0

    async def fetch(url: str, *, max_bytes: int, timeout_s: float) -> Fetched:
        nonlocal now_s
        asked.append(max_bytes)
        now_s += 0.3 if "slow" in url else 0.0
        return Fetched(b"x" * 400, url, "image/png")

    monkeypatch.setattr(reply_images, "fetch", fetch)
    monkeypatch.setattr(reply_images, "time", SimpleNamespace(monotonic=lambda: now_s))

    assert len(await _load(*[f"https://a.example/{number}" for number in range(9)])) == 3
    assert asked == [1000, 600, 200]
    slow = tuple(f"https://slow.example/{number}" for number in range(9))
    assert len(await reply_images.load(slow, max_bytes=10**6, timeout_s=0.2)) == 1


async def test_of_drafts_only_the_last_that_can_be_read_is_loaded() -> None:
    urls = tuple(f"data:image/png;base64,{data}" for data in ("YWE=", "YmI=", "?"))
    assert await reply_images.load(urls, max_bytes=1000, timeout_s=60.0, max_images=1) == (b"bb",)


@pytest.mark.parametrize("piece", ["![](https://a", "![", "![](", "![a](https://a.example ", "![](data:image/png;"])
def test_a_text_of_megabytes_of_broken_images_is_searched_at_once(piece: str) -> None:
    # In quadratic time this would take hours.
    assert reply_images.in_text(piece * (4_000_000 // len(piece))) is not None
