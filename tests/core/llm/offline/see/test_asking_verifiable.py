"""Every answer that offline/see makes passes the checker that is exported with it."""

import pytest

from core.llm.offline.see.asking import questions
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import vocabulary
from core.verifiers import check, final_answer, verifier_of
from tests.core.llm.offline.see.test_answers import CAT, DOG, seen

SCENES = (
    seen(("dog", 0.8, DOG), ("cat", 0.7, CAT), lines=[("Platform 9", 0.97), ("Tours to York", 0.95)]),
    seen(lines=[("EXIT", 0.99)]),
    seen(lines=[("24", 0.99)]),
    seen(lines=[("出口 请勿吸烟", 0.99), ("Çıkış", 0.97)]),
    seen(("bus", 0.9, CAT)),
)


@pytest.mark.parametrize("language", ["en", "tr", "zh-CN"])
def test_all_answers_pass_their_own_checker(language: str) -> None:
    made = [
        one for found in SCENES for one in questions(Scene.of(found), vocabulary(language), 100, [], [])
    ]  # fmt: skip
    assert len(made) > 40
    for one in made:
        verifier = verifier_of(one.answer.text, "text", one.kind)
        assert verifier is not None, one
        assert check(*verifier, final_answer(one.answer.text))
    assert {verifier_of(one.answer.text, "text", one.kind).checker for one in made} == {"exact", "number", "anls"}  # type: ignore[union-attr]
