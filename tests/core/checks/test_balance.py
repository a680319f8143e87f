import pytest

from core.checks import balance
from core.checks.balance import CHECK, Options
from core.checks.base import CheckContext, CheckedEntry
from core.checks.guess.report import Guessed
from core.checks.guessable import CHECK as GUESSABLE
from core.checks.guessable import Options as NoOptions
from tests.core.checks.planted import checked, planted


def _context(entries: list[CheckedEntry]) -> CheckContext:
    return CheckContext(entries, lambda share, step: None)


def test_without_the_entries_that_it_names_no_more_answers_than_the_target_can_be_guessed() -> None:
    entries, _ = planted(1_200, seed=3)
    found = CHECK.run(_context(entries), Options(target=0.3))
    gone = {one.entry_id for one in found.findings}
    assert found.result["left_out"] == len(gone) > 0
    assert found.result["reached"] is True
    assert found.result["before"] == GUESSABLE.run(_context(entries), NoOptions()).result
    kept = [entry for entry in entries if entry.id not in gone]
    again = GUESSABLE.run(_context(kept), NoOptions()).result
    assert again == found.result["after"]
    assert again["share"] <= 0.3
    assert len(kept) > 600


def test_nothing_is_left_out_when_the_target_is_met() -> None:
    entries, _ = planted(300, seed=4)
    found = CHECK.run(_context(entries), Options(target=0.9))
    assert (found.result["left_out"], found.findings, found.result["reached"]) == (0, [], True)


def test_confirmed_entries_stay_when_they_are_to_be_kept() -> None:
    entries = [
        checked(str(n), "Is there a dog?", "yes" if n % 10 else "no", family=n, confirmed=n % 2 == 0)
        for n in range(200)
    ]
    found = CHECK.run(_context(entries), Options(target=0.5, keep_confirmed=True))
    confirmed = {entry.id for entry in entries if entry.is_confirmed}
    assert found.findings
    assert not confirmed & {one.entry_id for one in found.findings}


@pytest.mark.parametrize(("target", "count"), [(0.5, 34), (0.7, 11), (0.745, 1), (0.75, 0), (0.76, 0)])
def test_a_third_of_what_is_needed_leaves_in_a_round(target: float, count: int) -> None:
    """Of 200 entries 150 are guessed; without 100 of them half of the rest are, without 33 of them 70 %."""
    entries = [checked(str(n), "Is there a dog?", "yes", family=n, confirmed=n < 20) for n in range(200)]
    guessed = [Guessed(entry, "yes" if n < 150 else "no", "yes", 1 - n / 1000) for n, entry in enumerate(entries)]

    leaving = balance._leaving(guessed, Options(target=target))

    assert [one.entry.id for one in leaving] == [str(n) for n in range(count)]
    kept = balance._leaving(guessed, Options(target=target, keep_confirmed=True))
    assert [one.entry.id for one in kept] == [str(n) for n in range(20, 20 + count)]


@pytest.mark.parametrize(
    ("left_out", "reached", "beginning"),
    [
        (0, True, "Nothing has to be left out for at most 30 of 100"), (0, False, "Without 0 entries, 25 of 100"),
        (1, True, "Without 1 entry, 25 of 100"), (2, False, "Without 2 entries, 25 of 100"),
    ],
)  # fmt: skip
def test_the_report_says_what_leaving_out_would_bring(left_out: int, reached: bool, beginning: str) -> None:
    share = {"share": 0.5, "guessed": 50, "entries": 100}
    result = {
        "target": 0.3, "left_out": left_out, "before": share, "after": share | {"share": 0.25}, "reached": reached,
    }  # fmt: skip

    assert CHECK.report(result).sentence.startswith(beginning)
