"""When a call is counted and when it has to wait, by a clock that the test sets and a database that it plays."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from core.db.rate_limits import Granted, ServerLimit
from core.llm import rate_windows
from core.llm.rate_windows import Counted, Limits, ProcessWindow, SharedWindow


def _at(monkeypatch: pytest.MonkeyPatch, now_s: float) -> None:
    monkeypatch.setattr(rate_windows, "time", SimpleNamespace(monotonic=lambda: now_s))


@pytest.mark.parametrize(
    ("limits", "sent", "now_s", "wait_s"),
    [
        (Limits(2, None), [(0.0, 9)], 0.0, 0.0),
        (Limits(2, None), [(10.0, 9), (20.0, 9)], 30.0, 40.0),
        (Limits(2, None), [(10.0, 9), (20.0, 9)], 69.5, 0.5),
        (Limits(2, None), [(10.0, 9), (20.0, 9)], 70.0, 0.0),
        (Limits(None, 100), [(0.0, 60)], 0.0, 0.0),
        (Limits(None, 100), [(0.0, 61)], 0.0, 60.0),
        (Limits(None, 100), [(0.0, 61)], 60.0, 0.0),
        (Limits(None, 30), [], 0.0, 0.0),  # larger than the limit: it is sent alone
        (Limits(3, 100), [(0.0, 30), (5.0, 31)], 10.0, 50.0),
        (Limits(3, 100), [(0.0, 30), (5.0, 30)], 10.0, 0.0),
        (Limits(2, 100), [(0.0, 1), (5.0, 1)], 10.0, 50.0),
    ],
)
def test_a_call_of_40_tokens_waits_until_a_minute_has_place_for_it(
    monkeypatch: pytest.MonkeyPatch, limits: Limits, sent: list[tuple[float, int]], now_s: float, wait_s: float
) -> None:
    window = ProcessWindow()
    for at_s, tokens in sent:
        _at(monkeypatch, at_s)
        assert window._wait_s(Limits(None, None), tokens) == 0.0

    _at(monkeypatch, now_s)

    assert window._wait_s(limits, 40) == wait_s


class Played:
    """Grants what is listed, and keeps what it was asked for."""

    def __init__(self, granted: Sequence[Granted] = ()) -> None:
        self.granted = list(granted)
        self.asked: list[tuple[object, ...]] = []
        self.pauses_s = [7.0, 0.0]

    def take(
        self, requests: int | None, tokens: int | None, wanted: Sequence[int], *, window_s: float, bucket_s: float
    ) -> Granted:
        self.asked.append((requests, tokens, list(wanted), window_s, bucket_s))
        return self.granted.pop(0)

    def pause_left_s(self) -> float:
        return self.pauses_s.pop(0)


def _window(played: Played) -> SharedWindow:
    return SharedWindow(cast(ServerLimit, played))


async def test_a_call_with_limits_is_counted_in_the_database() -> None:
    played = Played([Granted(0, 0.01, 0.0), Granted(1, 0.0, 0.0)])

    assert (await _window(played).take(Limits(5, 900), 40)).pause_s == 0.0

    # a minute, and the two seconds within which a counted call leaves
    assert played.asked == [(5, 900, [40], 62.0, 0.5)] * 2


async def test_what_is_not_granted_is_asked_for_again_and_a_pause_answers_all() -> None:
    played = Played([Granted(1, 0.0, 0.0), Granted(0, 9.0, 3.0)])
    window = _window(played)
    window._is_asking = True  # until both calls wait
    calls = [asyncio.ensure_future(window.take(Limits(5, None), tokens)) for tokens in (1, 2)]
    await asyncio.sleep(0)

    await asyncio.to_thread(window._ask_for_all)

    assert [counted.pause_s for counted in await asyncio.gather(*calls)] == [0.0, 3.0]
    assert [wanted for _, _, wanted, _, _ in played.asked] == [[1, 2], [2]]


async def test_without_limits_nothing_is_counted_and_pauses_are_asked_for_once_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played = Played()
    window = _window(played)
    pauses_s = []
    for now_s in (100.0, 100.9, 101.0):
        _at(monkeypatch, now_s)
        pauses_s.append(await window.take(Limits(None, None), 40))

    assert pauses_s == [Counted(100.0, 7.0), Counted(100.9, 0.0), Counted(101.0, 0.0)]
    assert (played.asked, played.pauses_s) == ([], [])


@pytest.mark.parametrize(("counted_s", "is_stale"), [(99.0, False), (98.9, True)])
def test_a_call_that_leaves_a_second_after_it_was_counted_is_counted_again(
    monkeypatch: pytest.MonkeyPatch, counted_s: float, is_stale: bool
) -> None:
    _at(monkeypatch, 100.0)

    assert _window(Played()).is_stale(Counted(counted_s)) is is_stale
    assert ProcessWindow().is_stale(Counted(counted_s)) is False


def test_a_number_of_zero_is_no_limit() -> None:
    assert [bool(Limits(*both)) for both in ((None, None), (0, 0), (1, None), (None, 1))] == [False, False, True, True]
