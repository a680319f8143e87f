"""Tags of references that contradict each other."""

import pytest

from core.style.contradictions import AgreedTags, agreed_tags


@pytest.mark.parametrize(
    ("by_reference", "agreed"),
    [
        ([["calm", "low light"], ["Calm", "airy"]], AgreedTags(("calm", "low light", "airy"), ())),
        (
            [["natural", "medium light", "soft contrast"], ["natural", "bright light", "strong contrast"]],
            AgreedTags(("natural",), ("medium light", "soft contrast", "bright light", "strong contrast")),
        ),
        ([["warm"], ["warm", "calm"], ["cool"]], AgreedTags(("warm", "calm"), ("cool",))),
        ([["warm"], ["cool"], ["calm"]], AgreedTags(("calm",), ("warm", "cool"))),
        ([["warm evening"], ["cool morning"]], AgreedTags((), ("warm evening", "cool morning"))),
        ([["lukewarm"], ["cool"]], AgreedTags(("lukewarm", "cool"), ())),
        ([], AgreedTags((), ())),
    ],
)  # fmt: skip
def test_what_most_references_say_stays_and_what_they_dispute_is_left_out(
    by_reference: list[list[str]], agreed: AgreedTags
) -> None:
    assert agreed_tags(by_reference) == agreed
