from core.checks.balance import CHECK, Options
from core.checks.base import CheckContext, CheckedEntry
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
