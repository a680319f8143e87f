"""The limit on password attempts: counted before they are checked, one client at a time."""

import asyncio

import pytest

from core.accounts.tries import FORGET_AFTER_S, MAX_DELAY_S
from core.api import attempts
from core.api.attempts import AttemptLimiter
from core.errors import TooManyTriesError


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Guesser:
    """A client that tries passwords and records what came of it: True, False, or the seconds to wait."""

    def __init__(self, limiter: AttemptLimiter, key: str, *, is_known: bool = False) -> None:
        self._limiter, self._key, self._is_known = limiter, key, is_known
        self.checked = 0

    async def guess(self, *, is_right: bool = False) -> bool | int:
        async def verify() -> bool:
            self.checked += 1
            await asyncio.sleep(0)
            return is_right

        try:
            return await self._limiter.attempt(self._key, verify, is_known=self._is_known)
        except TooManyTriesError as error:
            return error.retry_after_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> AttemptLimiter:
    return AttemptLimiter(clock)


async def test_the_delay_doubles_after_five_wrong_passwords(limiter: AttemptLimiter, clock: Clock) -> None:
    guesser = Guesser(limiter, "a")
    assert [await guesser.guess() for _ in range(6)] == [False] * 5 + [2]
    for wait_s, next_wait_s in ((2, 4), (4, 8), (8, 16)):
        clock.now_s += wait_s
        assert [await guesser.guess(), await guesser.guess()] == [False, next_wait_s]


async def test_the_delay_ends_at_a_quarter_of_an_hour(limiter: AttemptLimiter, clock: Clock) -> None:
    guesser = Guesser(limiter, "a")
    for _ in range(30):
        await guesser.guess()
        clock.now_s += MAX_DELAY_S
    await guesser.guess()
    assert await guesser.guess() == MAX_DELAY_S


async def test_of_300_parallel_wrong_passwords_five_are_checked(limiter: AttemptLimiter) -> None:
    guesser = Guesser(limiter, "a")
    answers = await asyncio.gather(*(guesser.guess() for _ in range(300)))
    assert [answer is False for answer in answers].count(True) == guesser.checked == 5


async def test_twenty_people_behind_one_address_sign_in_at_the_same_moment(limiter: AttemptLimiter) -> None:
    office = Guesser(limiter, "a")
    assert await asyncio.gather(*(office.guess(is_right=True) for _ in range(20))) == [True] * 20


async def test_an_attempt_whose_client_hangs_up_still_counts(limiter: AttemptLimiter) -> None:
    async def hang() -> bool:
        await asyncio.Event().wait()
        return False

    for _ in range(5):
        attempt = asyncio.create_task(limiter.attempt("a", hang, is_known=False))
        await asyncio.sleep(0)
        attempt.cancel()
        await asyncio.wait([attempt])
    assert await Guesser(limiter, "a").guess(is_right=True) == 2


async def test_nobody_locks_out_another_address_or_a_known_device(limiter: AttemptLimiter, clock: Clock) -> None:
    for number in range(attempts.UNKNOWN_BURST):
        assert await Guesser(limiter, f"stranger {number}").guess() is False
    assert await Guesser(limiter, "one more").guess(is_right=True) == 2
    assert await Guesser(limiter, "device", is_known=True).guess(is_right=True) is True
    clock.now_s += 2
    assert await Guesser(limiter, "one more").guess(is_right=True) is True


async def test_a_right_password_does_not_reset_the_guesses_of_its_address(limiter: AttemptLimiter) -> None:
    office = Guesser(limiter, "a")
    for _ in range(4):
        await office.guess()
    assert await office.guess(is_right=True) is True
    assert [await office.guess(), await office.guess()] == [False, 2]


async def test_a_right_password_resets_the_guesses_of_its_device(limiter: AttemptLimiter) -> None:
    device = Guesser(limiter, "a", is_known=True)
    for _ in range(4):
        await device.guess()
    assert await device.guess(is_right=True) is True
    assert [await device.guess() for _ in range(6)] == [False] * 5 + [2]


async def test_guesses_are_forgotten_after_an_hour(limiter: AttemptLimiter, clock: Clock) -> None:
    guesser = Guesser(limiter, "a")
    for _ in range(5):
        await guesser.guess()
    clock.now_s += FORGET_AFTER_S + 1
    assert [await guesser.guess() for _ in range(6)] == [False] * 5 + [2]


async def test_strangers_beyond_the_limit_take_no_memory(limiter: AttemptLimiter) -> None:
    for number in range(3 * attempts.UNKNOWN_BURST):
        await Guesser(limiter, f"stranger {number}").guess()
    assert len(limiter._clients) == attempts.UNKNOWN_BURST
