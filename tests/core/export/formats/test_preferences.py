"""The rows of preference formats, written out: pairs from edits and rejections, and labeled answers."""

from core.export.entries import Entry
from tests.core.export.formats.sample import DATA, REF, entry, rows

EDITED = entry(1, "How many cups?", "Three <image>.", generated_answer="Four.")
ACCEPTED = entry(2, "What color?", "Blue.")
REJECTED = entry(3, " what COLOR?", "Red.", rejected=True, confirmed=False)
CUPS = {"role": "user", "content": "<image>How many cups?"}
COLOR = {"role": "user", "content": "<image>What color?"}


def _assistant(answer: str) -> dict[str, str]:
    return {"role": "assistant", "content": answer}


def test_llama_factory_dpo_has_chosen_and_rejected_turns() -> None:
    assert rows("llama-factory-dpo", EDITED, ACCEPTED, REJECTED) == [
        {
            "id": "entry-1-edit", "messages": [CUPS], "chosen": _assistant("Three [image]."),
            "rejected": _assistant("Four."), "images": [REF],
        },
        {
            "id": "entry-2-entry-3", "messages": [COLOR], "chosen": _assistant("Blue."),
            "rejected": _assistant("Red."), "images": [REF],
        },
    ]  # fmt: skip


def test_llama_factory_kto_labels_accepted_rejected_and_replaced_answers() -> None:
    assert rows("llama-factory-kto", EDITED, ACCEPTED, REJECTED) == [
        {"id": "entry-1", "messages": [CUPS, _assistant("Three [image].")], "kto_tag": True, "images": [REF]},
        {"id": "entry-1-edit", "messages": [CUPS, _assistant("Four.")], "kto_tag": False, "images": [REF]},
        {"id": "entry-2", "messages": [COLOR, _assistant("Blue.")], "kto_tag": True, "images": [REF]},
        {
            "id": "entry-3",
            "messages": [{"role": "user", "content": "<image> what COLOR?"}, _assistant("Red.")],
            "kto_tag": False,
            "images": [REF],
        },
    ]


def test_ms_swift_dpo_ends_with_the_chosen_answer() -> None:
    assert rows("ms-swift-dpo", EDITED, ACCEPTED, REJECTED) == [
        {
            "id": "entry-1-edit", "messages": [CUPS, _assistant("Three [image].")], "rejected_response": "Four.",
            "images": [REF],
        },
        {
            "id": "entry-2-entry-3", "messages": [COLOR, _assistant("Blue.")], "rejected_response": "Red.",
            "images": [REF],
        },
    ]  # fmt: skip


def test_ms_swift_kto_has_a_label() -> None:
    assert rows("ms-swift-kto", ACCEPTED) == [
        {"id": "entry-2", "messages": [COLOR, _assistant("Blue.")], "label": True, "images": [REF]}
    ]


def test_trl_dpo_has_prompts_without_image_tokens() -> None:
    assert rows("trl-dpo", EDITED) == [
        {
            "id": "entry-1-edit",
            "images": [{"bytes": DATA, "path": REF}],
            "prompt": [{"role": "user", "content": "How many cups?"}],
            "chosen": [_assistant("Three [image].")],
            "rejected": [_assistant("Four.")],
        }
    ]


def _pair_ids(*entries: Entry) -> list[str]:
    return [row["id"] for row in rows("ms-swift-dpo", *entries)]


def test_an_answer_to_another_question_is_no_worse_answer() -> None:
    asked_before = EDITED._replace(generated_question="How many bowls?")

    assert _pair_ids(asked_before) == []
    assert _pair_ids(EDITED._replace(generated_question="How many cups?")) == ["entry-1-edit"]


def test_equal_answers_and_blank_generated_answers_make_no_pair() -> None:
    assert _pair_ids(ACCEPTED, REJECTED._replace(answer="Blue.")) == []
    assert _pair_ids(EDITED._replace(generated_answer=" ")) == []
    assert _pair_ids(EDITED._replace(generated_answer=EDITED.answer)) == []


def test_entries_of_one_question_are_compared_whatever_their_wording() -> None:
    accepted = ACCEPTED._replace(question_id="q-1")

    assert _pair_ids(accepted, REJECTED._replace(question="The color?", question_id="q-1")) == ["entry-2-entry-3"]
    assert _pair_ids(accepted, REJECTED._replace(question="The color?", question_id="q-2")) == []
