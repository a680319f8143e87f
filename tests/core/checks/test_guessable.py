import pytest

from core.checks.base import CheckContext, CheckedEntry
from core.checks.guessable import CHECK, Options
from core.errors import InvalidInputError
from tests.core.checks.planted import checked, planted


def _context(entries: list[CheckedEntry]) -> CheckContext:
    return CheckContext(entries, lambda share, step: None)


def test_the_share_of_guessed_answers_is_within_three_points_of_what_was_planted() -> None:
    entries, best = planted(5_000, seed=1)
    result = CHECK.run(_context(entries), Options()).result
    assert result["entries"] == 5_000
    assert abs(result["share"] - best) < 0.03
    assert result["interval"][0] < result["share"] < result["interval"][1]
    kinds = {group["value"]: group["guessed"] / group["entries"] for group in result["groups"]["kind"]}
    assert abs(kinds["yes/no"] - 0.83) < 0.03
    assert abs(kinds["color"] - 0.6) < 0.03
    assert abs(kinds["count"] - 0.5) < 0.04
    assert kinds["text"] == 0
    by_text = {pattern["text"]: pattern for pattern in result["patterns"]}
    assert by_text["is there a ..."]["answer"] == "yes"
    assert abs(by_text["is there a ..."]["share"] - 0.83) < 0.03


def test_each_entry_gets_its_guess_and_the_chance_of_its_own_answer() -> None:
    entries, _ = planted(2_000, seed=2)
    findings = {one.entry_id: one for one in CHECK.run(_context(entries), Options()).findings}
    assert set(findings) == {entry.id for entry in entries}
    presence = [entry for entry in entries if entry.kind == "yes/no"]
    yes = [findings[entry.id] for entry in presence if entry.answer == "yes"]
    no = [findings[entry.id] for entry in presence if entry.answer == "no"]
    assert {one.verdict for one in yes} == {"guessed"}
    assert {one.verdict for one in no} == {"not guessed"}
    assert min(one.score or 0 for one in yes) > 0.6 > 0.35 > max(one.score or 0 for one in no)
    assert {one.evidence["guess"] for one in no} == {"yes"}


def test_what_is_true_of_one_image_alone_is_not_guessed_from_its_other_entries() -> None:
    entries = [
        checked(f"{image}-{repeat}", f"What is the code of machine {image}?", f"code {image}", family=image)
        for image in range(40)
        for repeat in range(3)
    ]
    result = CHECK.run(_context(entries), Options()).result
    assert result["guessed"] == 0
    # The same entries as if each were about an image of its own: repeats teach each other.
    alone = [checked(entry.id, entry.question, entry.answer, family=place) for place, entry in enumerate(entries)]
    assert CHECK.run(_context(alone), Options()).result["share"] > 0.9


def test_an_answer_that_only_one_family_has_teaches_nothing_about_itself() -> None:
    entries = [checked(str(n), "What is this?", "red", family=0) for n in range(10)]
    entries += [checked(f"{n}b", "Where is it?", f"place {n}", family=n) for n in range(1, 20)]
    guesses = [one.evidence["guess"] for one in CHECK.run(_context(entries), Options()).findings]
    assert guesses == [""] * 10 + ["red"] * 19
    alone = [checked(str(n), "Is it?", "yes", family=0) for n in range(20)]
    assert CHECK.run(_context(alone), Options()).result["guessed"] == 0


def test_a_dataset_of_which_no_two_answers_are_equal_is_not_guessable() -> None:
    entries = [checked(str(number), "What is it?", f"thing {number}", family=number) for number in range(30)]
    result = CHECK.run(_context(entries), Options()).result
    assert (result["guessed"], result["share"], result["patterns"]) == (0, 0.0, [])


def test_chinese_and_turkish_questions_are_guessed_by_their_ends() -> None:
    animals = ["狗", "猫", "鸟", "马", "牛", "羊", "鱼", "鸡", "鸭", "鹅"]
    chinese = [
        checked(f"zh-{n}", f"图中{animals[n % 10]}有几只？", "2" if n // 10 % 5 else "3", family=n) for n in range(240)
    ]
    turkish = [
        checked(f"tr-{n}", f"{n}. nesne kırmızı mı?", "evet" if n % 5 else "hayır", family=1000 + n) for n in range(240)
    ]
    result = CHECK.run(_context([*chinese, *turkish]), Options()).result
    assert result["share"] == pytest.approx(0.8, abs=0.05)
    assert {pattern["answer"] for pattern in result["patterns"]} == {"2", "evet"}


def test_too_few_entries_are_refused_with_their_number() -> None:
    with pytest.raises(InvalidInputError, match=r"At least 20 entries are needed .* there are 19"):
        CHECK.run(_context(planted(19, seed=1)[0]), Options())
