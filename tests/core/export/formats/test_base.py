"""What formats declare: which fields do not come back from a bundle, and which images their readers take."""

from core.export.formats import FORMATS, format_named
from core.export.formats.base import ONE_QUESTION, PROMPTS

FIELDS = "options language kind model confirmed score tags note"


def test_fields_that_do_not_come_back_are_named() -> None:
    assert ("answer_type", *FIELDS.split(), "boxes", "ratings") == PROMPTS
    assert ("answer", "answer_type", *FIELDS.split(), "conversation_id", "boxes", "ratings", "system") == ONE_QUESTION
    assert format_named("lmms-eval").not_carried == (
        "answer_type", *FIELDS.split(), "conversation_id", "boxes", "ratings", "system",
    )  # fmt: skip
    assert format_named("ms-swift-grounding").not_carried == (
        "answer", "answer_type", *FIELDS.split(), "conversation_id", "turn", "ratings",
    )  # fmt: skip


def test_one_format_needs_upright_images() -> None:
    assert {format_.name for format_ in FORMATS if not format_.reads_originals} == {"vlmevalkit"}
