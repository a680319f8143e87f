"""The sections of checks that ask models, from the numbers that they store."""

from core.checks.asking import reports


def test_the_image_is_worth_the_difference() -> None:
    share = {"right": 30, "share": 0.3, "interval": [0.2, 0.4]}
    seen = {"right": 80, "share": 0.8, "interval": [0.7, 0.9]}
    both = {"entries": 100, "blind": share, "seen": seen, "worth": {"share": 0.5, "interval": [0.4, 0.6]}}
    section = reports.second_opinion(both, "Opinion")
    assert section.sentence == "A model gave 30 of 100 stored answers without the image and 80 with it."
    assert section.facts[-1].value == "+50 points"
    blind_only = reports.second_opinion({"entries": 100, "blind": share}, "Opinion")
    assert blind_only.sentence == "A model gave 30 of 100 stored answers without the image."
    assert len(blind_only.facts) == 1


def test_a_judge_is_said_with_its_trust_and_biases_and_without_sentences_about_people() -> None:
    trust = {
        "answer": "no", "sentence": "agrees with ann", "agreement": {"share": 0.6},
        "biases": [{"name": "length", "found": True}, {"name": "position", "found": False}],
    }  # fmt: skip
    lines = [{"text": "The answer is right.", "mean": 3.25}]
    section = reports.judge({"entries": 40, "mean": 3.25, "trust": trust, "lines": lines}, "Judge")
    assert section.sentence == "A judge gave 3.2 of 5 on average; whether its scores can be trusted: no."
    assert [fact.value for fact in section.facts if fact.label == "Bias"] == ["length"]
    assert "ann" not in str(section)


def test_agreement_and_arena_say_their_share_of_100() -> None:
    counted = {"entries": 50, "agreed": 40, "share": 0.8, "interval": [0.67, 0.89], "doubt": 0.2, "doubtful": 5}
    assert "For 80 of 100 entries" in reports.consensus({**counted, "sure_of_another": 4}, "Agree").sentence
    arena = {
        "questions": 1, "score": 1.0, "interval": [1.0, 1.0], "right": 1, "own_answers": 0, "not_confirmed": 0,
        "groups": {"measure": [{"value": "number", "questions": 1, "score": 1.0}]},
    }  # fmt: skip
    section = reports.arena(arena, "Arena")
    assert section.sentence == "A model reached 100 of 100 on 1 question."
    assert section.tables[0].rows == (("number", "1", "100%"),)
    assert section.tables[0].head[section.tables[0].share_column or 0] == "Mean score"
