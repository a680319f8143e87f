import pytest

from core.checks.judging.judged import Judged
from core.checks.judging.trust import trust
from tests.core.checks.judging.planted import Kind, planted


def _reviewed(accepted: int, rejected: int) -> list[Judged]:
    return [Judged(n, 9, False, (4,), accepted=n < accepted) for n in range(accepted + rejected)]


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([], "0 reviewed entries, needs 30"),
        (_reviewed(8, 4), "12 reviewed entries, needs 30"),
        (_reviewed(40, 0), "0 of the reviewed entries were rejected or rated lower than others, needs 5"),
        (_reviewed(40, 1), "1 of the reviewed entries was rejected or rated lower than others, needs 5"),
    ],
)
def test_few_reviews_are_not_enough_to_tell(entries: list[Judged], sentence: str) -> None:
    found = trust(entries)
    assert (found.answer, found.sentence) == ("not yet", sentence)


def test_an_honest_judge_is_trusted_and_the_sentence_says_how_often_it_agrees() -> None:
    found = trust(planted("honest", 1))
    assert found.agreement.share is not None
    assert found.agreement.share > 0.8
    percent = round(found.agreement.share * 100)
    assert (found.answer, found.sentence) == ("yes", f"agrees with you in {percent} of 100, a coin does in 50")


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("coin", "a coin does in 50"),
        ("five", "it gives 100 of 100 confirmed and rejected entries the same score"),
        ("long answers", "it gives long answers more than people do"),
        ("first line", "it gives the line that stands first 0."),
        ("last line", "it gives the line that stands last 0."),
        ("own answers", "it gives answers of its own model 1."),
    ],
)
def test_a_judge_with_a_bias_is_not_trusted_and_the_sentence_names_it(kind: Kind, part: str) -> None:
    found = trust(planted(kind, 1))
    assert found.answer == "no"
    assert part in found.sentence


@pytest.mark.prove
@pytest.mark.parametrize("entries", [30, 60, 200])
def test_a_coin_is_trusted_in_at_most_5_of_100_runs(entries: int) -> None:
    assert sum(trust(planted("coin", seed, entries)).answer == "yes" for seed in range(200)) <= 10
