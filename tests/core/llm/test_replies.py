import contextlib
import json
from typing import Any

import json_repair
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadReplyError, CutReplyError, EmptyReplyError, FilteredReplyError, RefusedReplyError
from core.llm import replies
from core.llm.schemas import AnswerList, QuestionAnswerList, QuestionList, StyleAnalysis
from tests.cpu_time import cost_s, takes_at_most

ONE = {"questions": [{"question": "What is on the mat?", "kind": "object"}]}
TEXT = json.dumps(ONE)
BARE = {"questions": [{"question": "What is on the mat?", "kind": ""}]}

READ_AS_ONE = {
    "plain": TEXT,
    "with spaces around": f"\n\n  {TEXT}  \n",
    "in a fence": f"```json\n{TEXT}\n```",
    "in a fence without a language": f"```\n{TEXT}\n```",
    "in a fence that never closes": f"```json\n{TEXT}",
    "prose before": f"Here are the questions you asked for:\n{TEXT}",
    "prose after": f"{TEXT}\nI hope this helps.",
    "prose with braces before": f"I used the set {{a, b}} as a start. {TEXT}",
    "thinking before": f"<think>Maybe {{}} or [1]?</think>\n{TEXT}",
    "box tokens": f"<|begin_of_box|>{TEXT}<|end_of_box|>",
    "a trailing comma": '{"questions": [{"question": "What is on the mat?", "kind": "object"},]}',
    "smart quotes": TEXT.replace('"', "\u201d"),
    "a list without its name": json.dumps(ONE["questions"]),
    "one object without its list": json.dumps(ONE["questions"][0]),
    "one object where a list belongs": json.dumps({"questions": ONE["questions"][0]}),
    "a list by another name": json.dumps({"items": ONE["questions"]}),
    "quoted twice": json.dumps(TEXT),
    "with more than was asked for": json.dumps({**ONE, "note": "done"}),
    "control characters": TEXT.replace("What", "Wh\x00at"),
}
READ_AFTER_REPAIR = {
    "single quotes": "{'questions': [{'question': 'What is on the mat?', 'kind': 'object'}]}",
    "names without quotes": '{questions: [{question: "What is on the mat?", kind: "object"}]}',
    "a missing comma": '{"questions": [{"question": "What is on the mat?" "kind": "object"}]}',
    "a comment": '{"questions": [ // one\n{"question": "What is on the mat?", "kind": "object"}\n// end\n]}',
    "a missing bracket": '{"questions": [{"question": "What is on the mat?", "kind": "object"}}',
    "prose around it": "Here: {'questions': [{'question': 'What is on the mat?', 'kind': 'object'}]} Enjoy.",
    "curly quotes only": TEXT.replace('"kind"', "kind").translate({ord('"'): "\u201d"}),
}
READ_AS_BARE = {
    "texts instead of objects": '{"questions": ["What is on the mat?"]}',
    "a list of texts": '["What is on the mat?"]',
    "one text where a list belongs": '{"questions": "What is on the mat?"}',
}
UNREADABLE = {
    "prose": "There is a cat on the mat.",
    "nothing but a fence": "```json\n```",
    "half a JSON": '{"questions": [{"question": "What',
    "a number": "42",
    "empty questions": '{"questions": [{"question": ""}]}',
    "another shape": '{"questions": [{"answer": 3}]}',
    "half a JSON with single quotes": "{'questions': [{'question': 'What is on the",
    "prose with words in brackets": "The sign says [EXIT, WAY OUT] in red.",
}


@pytest.mark.parametrize("text", READ_AS_ONE.values(), ids=READ_AS_ONE)
def test_json_is_found_however_it_is_wrapped(text: str) -> None:
    assert replies.parse(text, QuestionList).model_dump() == ONE


@pytest.mark.parametrize("text", READ_AFTER_REPAIR.values(), ids=READ_AFTER_REPAIR)
def test_damaged_json_is_repaired(text: str) -> None:
    assert replies.parse(text, QuestionList).model_dump() == ONE


def test_quotes_within_a_text_survive_the_repair() -> None:
    text = '{"questions": [{\'question\': "Does it say \u201cEXIT\u201d or "OUT"?", "kind": "text"}]}'
    (asked,) = replies.parse(text, QuestionList).model_dump()["questions"]
    assert asked["question"] == 'Does it say \u201cEXIT\u201d or "OUT"?'


@pytest.mark.parametrize(
    "text", ["{a, " * 25_000 + "}", "[" + "{a}, " * 5_000 + "]", "{'a': '" + "x" * 60_000 + "'}"], ids=len
)
def test_a_text_that_would_take_long_to_repair_is_not_repaired(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def repair(*_: Any, **__: Any) -> Any:
        raise AssertionError("json-repair takes minutes for such a text")

    monkeypatch.setattr(json_repair, "repair_json", repair)
    with pytest.raises(BadReplyError):
        replies.parse(text, QuestionList)


@pytest.mark.parametrize("text", READ_AS_BARE.values(), ids=READ_AS_BARE)
def test_strings_are_accepted_as_questions(text: str) -> None:
    assert replies.parse(text, QuestionList).model_dump() == BARE


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_the_error_for_an_unreadable_reply_contains_its_beginning(text: str) -> None:
    with pytest.raises(BadReplyError) as caught:
        replies.parse(text, QuestionList)
    assert caught.value.reply_head == text


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, I can't help with that.",
        "I cannot assist with identifying people.",
        "I'm unable to describe this image.",
        "Sorry, but no.",
        "抱歉，我无法描述这张图片。",
        "Üzgünüm, bu görsel hakkında konuşamam.",
        "Es tut mir leid, das kann ich nicht.",
        "Désolé, je ne peux pas décrire cette image.",
        "Je suis désolé, mais c'est impossible.",
        "Lo siento, no puedo ayudar con eso.",
        "Maalesef bunu yapamam.",
        "对不起，这个我不能回答。",
        "我无法识别图片中的人物。",
        "我不能回答这个问题。",
        "I am sorry, but I won't.",
        "I am not able to see who that is.",
        "I can't identify people.",
        "As an AI, I do not look at faces.",
        "“Sorry”, it says {no}.",
    ],
)
def test_an_apology_instead_of_json_is_a_refusal(text: str) -> None:
    with pytest.raises(RefusedReplyError) as caught:
        replies.parse(text, QuestionList)
    assert text in str(caught.value)


def test_an_apology_inside_json_is_no_refusal() -> None:
    text = '{"questions": [{"question": "I am sorry is written on which sign?", "kind": "text"}]}'
    assert replies.parse(text, QuestionList).model_dump()["questions"][0]["kind"] == "text"


@pytest.mark.parametrize(
    ("answer", "read"),
    [("red", "red"), (["red", "blue"], '["red", "blue"]'), (3, "3"), (True, "true"), ({"a": 1}, '{"a": 1}')],
)
def test_answers_of_any_type_become_text(answer: Any, read: str) -> None:
    text = json.dumps({"answers": [{"number": 1, "answer": answer}]})
    assert replies.parse(text, AnswerList).model_dump() == {"answers": [{"number": 1, "answer": read}]}


def test_a_list_is_accepted_under_any_name() -> None:
    pair = {"question": "Which color?", "answer": "red", "kind": "attribute"}
    text = json.dumps({"qa_pairs": [pair]})
    assert replies.parse(text, QuestionAnswerList).model_dump() == {"items": [pair]}


def test_a_comma_separated_text_is_accepted_as_a_list() -> None:
    text = json.dumps(
        {
            "description": "A shelf",
            "tags": "calm, warm",
            "vibe": ["soft"],
            "lighting": "low",
            "colors": ["beige"],
            "style": "photo",
        }
    )
    assert replies.parse(text, StyleAnalysis).model_dump() == {
        "description": "A shelf",
        "tags": ["calm", "warm"],
        "vibe": '["soft"]',
        "lighting": "low",
        "colors": ["beige"],
        "style": "photo",
    }


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"text": "", "finish_reason": "stop"}, EmptyReplyError),
        ({"text": "  \n", "finish_reason": ""}, EmptyReplyError),
        ({"text": "x", "finish_reason": "length"}, CutReplyError),
        ({"text": "x", "finish_reason": "content_filter"}, FilteredReplyError),
        ({"text": "", "finish_reason": "stop", "refusal": "No."}, RefusedReplyError),
    ],
)
def test_each_unusable_reply_has_its_error_class(reply: dict[str, Any], error: type[BadReplyError]) -> None:
    with pytest.raises(BadReplyError) as caught:
        replies.check(**reply)
    assert type(caught.value) is error


def test_a_reply_of_images_alone_is_not_empty() -> None:
    replies.check("", finish_reason="stop", has_images=True)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("The user asks for the colour. It is red.</think>Red.", "Red."),
        ("<think>It is red.</think>\n\nRed.", "Red."),
        ("The poster says <think> in red letters.", "The poster says <think> in red letters."),
        ("He wrote </think> in red.", "He wrote </think> in red."),
        ('The sign reads "</think>".', 'The sign reads "</think>".'),
        ("Both <think> and </think> are shown.", "Both <think> and </think> are shown."),
        ('{"sign": "says </think> now"}', '{"sign": "says </think> now"}'),
        ("<|begin_of_box|>Red<|end_of_box|><|im_end|>", "Red"),
        ("<answer>Red</answer>", "Red"),
        ("<think>It is", ""),
        ("<|channel>thought\nIt is red.<channel|>Red.<turn|>", "Red."),
        ("<|START_THINKING|>It is red.<|END_THINKING|><|START_RESPONSE|>Red.<|END_RESPONSE|>", "Red."),
        ("analysisWe need one word.assistantfinalRed", "Red"),
        (
            "<|channel|>commentary<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Red.<|return|>",
            "Red.",
        ),
        ("The assistantfinal step", "The assistantfinal step"),
        ("Is a <b|c> d larger than e|>?", "Is a <b|c> d larger than e|>?"),
    ],
)
def test_thinking_is_removed_and_a_tag_that_is_text_stays(text: str, read: str) -> None:
    assert replies.clean(text) == read


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"questions": [{"question": f"What is number {number}?"} for number in range(100_000)]}),
        "\n".join(f'{{"question": "What is number {number}?"}}' for number in range(100_000)),
        '{"questions":[' + '{"question":"What?",},' * 100_000 + "]}",
        '{"a":[' * 300_000,
        '["x" ' * 300_000,
        "[/* " * 300_000,
        "<think>" * 200_000,
        "<think>x</think>" * 100_000,
        "<|token|> " * 100_000 + "x",
        '{"a": 1}<think>' * 100_000,
        "1. What?\n" * 200_000,
        "1. What?\n" + " x\n" * 500_000,
        '{"questions":["' + 'a" b" c": ' * 4_900 + '"]}',
    ],
    ids=[
        "list",
        "lines",
        "damaged",
        "nesting",
        "missing commas",
        "comments",
        "tags",
        "blocks",
        "tokens",
        "documents",
        "numbered",
        "one item that goes on",
        "quotes within a text",
    ],
)
def test_a_reply_of_a_million_characters_takes_no_quadratic_time(text: str) -> None:
    def read(text: str) -> None:
        with contextlib.suppress(BadReplyError):
            assert len(replies.parse(text, QuestionList, expected=3).model_dump()["questions"]) <= 1000

    short_s = max(cost_s(lambda: read(text[: len(text) // 16])), 0.005)
    assert takes_at_most(120 * short_s, lambda: read(text)), "reading takes quadratic time"


@given(st.text() | st.text(alphabet='{}[]",:\\`<think>/ \n0123abc'))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    with contextlib.suppress(BadReplyError):
        replies.parse(text, QuestionList)


def test_deep_nesting_is_rejected() -> None:
    with pytest.raises(BadReplyError):
        replies.parse("[" * 100_000, QuestionList)
