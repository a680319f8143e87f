"""The preview of Generate: the images as they are sent, what a try has cost, and the estimate."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import Images
from pages.components.generate import request_preview
from pages.components.shared import page
from tests.pages.reading import draw, read
from tests.pages.running import services


def sent(*sizes_wh: tuple[int, int]) -> SimpleNamespace:
    images = [
        Images(id=str(place), project_id="p", image_name=f"{place}.png", sha256="0" * 64)
        for place in range(len(sizes_wh))
    ]
    return SimpleNamespace(images=images, sent_sizes_wh=sizes_wh, sent_bytes=12_345, prompt="Look.")


def test_an_image_is_named_with_its_size_and_the_images_of_a_set_are_numbered() -> None:
    assert read(draw(request_preview._request, sent((320, 240)))) == [
        "0.png, sent as 320 x 240 px, 12 kB", "Look.",
    ]  # fmt: skip
    assert read(draw(request_preview._request, sent((320, 240), (200, 400)))) == [
        "1. 0.png", "2. 1.png", "2 images, sent with at most 400 px a side, 12 kB", "Look.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "m, no cost. Nothing was stored."),
        ({"cost": None}, "m, cost unknown. Nothing was stored."),
        ({"cost": 0.01234}, "m, cost $0.0123. Nothing was stored."),
        ({"missing_questions": 2}, "m, no cost, 2 fewer than requested. Nothing was stored."),
        ({"unverifiable": 1}, "m, no cost, 1 answer that no program can verify. Nothing was stored."),
    ],
    ids=["free", "unpriced", "priced", "too few", "not verifiable"],
)
def test_a_try_says_what_it_has_cost_and_what_was_left_out(
    changed: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [SimpleNamespace(question=f"{name}?", answer=name) for name in ("", "red")]
    questions += [SimpleNamespace(question="Which?", answer=None)]
    tried = {"questions": questions, "cost": 0.0, "missing_questions": 0, "unverifiable": 0, "model": "m", **changed}
    monkeypatch.setattr(services().preview, "run_trial", lambda *_asked, **_how: None)
    monkeypatch.setattr(page, "wait_for", lambda _work: SimpleNamespace(**tried))
    lines = read(draw(request_preview._try, SimpleNamespace(id="p"), {}, False))
    assert [line for line in lines if line] == ["?", "red?", "red", "Which?", said]


@pytest.mark.parametrize(
    ("changed", "cap", "lines"),
    [
        ({}, None, ["**Estimate:** 2 calls, no cost"]),
        ({"seconds": 90.0}, None, ["**Estimate:** 2 calls, no cost, about 2 min"]),
        ({"seconds": 90.0, "batch_hours": 24}, None,
         ["**Estimate:** 2 calls, no cost, within 24 hours, mostly sooner"]),
        ({"observed_calls": 1}, None,
         ["**Estimate:** 2 calls, no cost", "Based on 1 earlier reply of this model."]),
        ({"cost_low": 0.05, "cost_high": 1.5}, 2.0, ["**Estimate:** 2 calls, $0.0500 to $1.50"]),
        ({"cost_low": None, "cost_high": None}, None,
         ["**Estimate:** 2 calls, cost unknown: this model has no listed price"]),
        ({"cost_low": 0.1, "cost_high": None}, 2.0,
         ["**Estimate:** 2 calls, cost unknown: this model has no listed price",
          "This model has no listed price, so the cost cap cannot take effect."]),
        ({"cost_low": None, "cost_high": 0.1}, 2.0,
         ["**Estimate:** 2 calls, cost unknown: this model has no listed price"]),
    ],
)  # fmt: skip
def test_the_estimate_says_calls_cost_and_time(
    changed: dict[str, Any], cap: float | None, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {
        "calls": 2, "cost_low": 0.0, "cost_high": 0.0, "seconds": 0.0, "batch_hours": 0, "observed_calls": 0, **changed,
    }  # fmt: skip
    monkeypatch.setattr(services().preview, "estimate", lambda *_asked, **_how: SimpleNamespace(**made))
    recipe = SimpleNamespace(config={}, images=2, answers=False, cap=cap)
    assert read(draw(request_preview._estimate, recipe, sent((1, 1)))) == lines
