"""The rows of conversation formats, written out."""

import pytest

from tests.core.export.formats.sample import DATA, REF, SCORED, UNSCORED, entry, rows

LLAVA_TURNS = [
    {"from": "human", "value": "<image>\nHow many cups?"},
    {"from": "gpt", "value": "Three."},
    {"from": "human", "value": "Which colors?"},
    {"from": "gpt", "value": "red, blue"},
]
MESSAGES = [
    {"role": "user", "content": "<image>How many cups?"},
    {"role": "assistant", "content": "Three."},
    {"role": "user", "content": "Which colors?"},
    {"role": "assistant", "content": "red, blue"},
]


@pytest.mark.parametrize("name", ["llava", "qwen"])
def test_llava_and_qwen_have_one_conversation_per_image(name: str) -> None:
    assert rows(name) == [{"id": "image-1", "image": REF, "conversations": LLAVA_TURNS}]


def test_llava_has_one_conversation_per_entry_when_grouped_by_turn() -> None:
    assert rows("llava", grouping="turn") == [
        {"id": "entry-1", "image": REF, "conversations": LLAVA_TURNS[:2]},
        {
            "id": "entry-2",
            "image": REF,
            "conversations": [{"from": "human", "value": "<image>\nWhich colors?"}, LLAVA_TURNS[3]],
        },
    ]


def test_sharegpt_has_the_image_in_a_list() -> None:
    assert rows("sharegpt") == [{"id": "image-1", "conversations": LLAVA_TURNS, "images": [REF]}]


def test_llama_factory_has_the_token_right_before_the_question() -> None:
    assert rows("llama-factory") == [{"id": "image-1", "messages": MESSAGES, "images": [REF]}]


def test_ms_swift_scales_the_loss_by_the_score() -> None:
    assert rows("ms-swift") == [
        {
            "id": "image-1",
            "messages": [
                {"role": "user", "content": "<image>How many cups?"},
                {"role": "assistant", "content": "Three.", "loss_scale": 0.6},
                {"role": "user", "content": "Which colors?"},
                {"role": "assistant", "content": "red, blue", "loss_scale": 1.0},
            ],
            "images": [REF],
        }
    ]


def test_ms_swift_has_a_loss_scale_in_every_row_so_that_splits_have_the_same_keys() -> None:
    (row,) = rows("ms-swift", SCORED._replace(score=0.0), UNSCORED)
    assert [turn["loss_scale"] for turn in row["messages"] if turn["role"] == "assistant"] == [1.0, 1.0]


def test_ms_swift_has_no_loss_scale_without_metadata() -> None:
    assert rows("ms-swift", metadata=False) == [{"id": "image-1", "messages": MESSAGES, "images": [REF]}]


def test_openai_has_the_image_in_the_first_user_turn() -> None:
    assert rows("openai") == [
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "How many cups?"},
                        {"type": "image_url", "image_url": {"url": REF, "detail": "auto"}},
                    ],
                },
                {"role": "assistant", "content": "Three."},
                {"role": "user", "content": [{"type": "text", "text": "Which colors?"}]},
                {"role": "assistant", "content": "red, blue"},
            ]
        }
    ]


def test_trl_has_messages_without_image_tokens() -> None:
    assert rows("trl") == [
        {
            "id": "image-1",
            "images": [{"bytes": DATA, "path": REF}],
            "messages": [
                {"role": "user", "content": "How many cups?"},
                {"role": "assistant", "content": "Three."},
                {"role": "user", "content": "Which colors?"},
                {"role": "assistant", "content": "red, blue"},
            ],
        }
    ]


def test_finevision_has_one_rating_per_text() -> None:
    assert rows("finevision") == [
        {
            "id": "image-1",
            "images": [{"bytes": DATA, "path": REF}],
            "texts": [
                {"user": "How many cups?", "assistant": "Three."},
                {"user": "Which colors?", "assistant": "red, blue"},
            ],
            "source": "Shelf",
            "relevance_ratings": [3, None],
            "image_correspondence_ratings": [None, None],
            "visual_dependency_ratings": [None, None],
            "formatting_ratings": [None, None],
        }
    ]


def test_finevision_rounds_half_scores_up() -> None:
    scores = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]
    entries = [entry(number, "What?", "That.", score=score) for number, score in enumerate(scores)]

    assert rows("finevision", *entries)[0]["relevance_ratings"] == [None, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_roboflow_has_prefix_and_suffix_without_tokens() -> None:
    assert rows("roboflow") == [
        {"image": REF, "prefix": "How many cups?", "suffix": "Three."},
        {"image": REF, "prefix": "Which colors?", "suffix": "red, blue"},
    ]


@pytest.mark.parametrize("name", ["llava", "llama-factory", "ms-swift", "trl", "finevision", "roboflow"])
def test_media_tokens_in_texts_are_put_in_brackets(name: str) -> None:
    text = repr(rows(name, entry(1, "What does <VIDEO> mean?", "An <image>.")))

    assert "What does [VIDEO] mean?" in text
    assert "An [image]." in text
