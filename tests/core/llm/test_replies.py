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


QUESTIONS = '{"questions":[{"question":"What colour is the car?"},{"question":"Is it day?"}]}'
DRAFT = '{"questions":[{"question":"A draft that is far too long?"},{"question":"Another?"},{"question":"A third?"}]}'
READ_AS_BOTH = {
    "a closing tag alone, with a draft before it": f"Draft: {DRAFT} no.\n</think>\n{QUESTIONS}",
    "a draft within thinking": f"<think>{DRAFT}</think>{QUESTIONS}",
    "thinking within a line": f"I think <think>{DRAFT}</think>{QUESTIONS}",
    "two blocks": f"<think>{DRAFT}</think>\n<think>{DRAFT}</think>\n{QUESTIONS}",
    "thinking in square brackets": f"[THINK]{DRAFT}[/THINK]{QUESTIONS}",
    "channels": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{QUESTIONS}",
    "channels with a format": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant"
    f"<|channel|>final <|constrain|>json<|message|>{QUESTIONS}<|return|>",
    "channels without their tokens": f"analysisMaybe {DRAFT}assistantfinal{QUESTIONS}",
    "the thinking of Gemma 4": f"<|channel>thought\nMaybe {DRAFT}<channel|>{QUESTIONS}<turn|>",
    "thinking of Gemma 4 that began in the prompt": f"Maybe {DRAFT}\n<channel|>{QUESTIONS}",
    "the thinking of Cohere": f"<|START_THINKING|>Maybe {DRAFT}<|END_THINKING|>"
    f"<|START_RESPONSE|>{QUESTIONS}<|END_RESPONSE|>",
    "the schema filled in": f'{{"properties":{QUESTIONS},"required":["questions"],"type":"object"}}',
    "a call of a tool as text": f'<tool_call>{{"name":"ask","arguments":{QUESTIONS}}}</tool_call>',
    "a call of a tool in the words of Llama": f'{{"name":"ask","parameters":{QUESTIONS}}}',
    "a call of a tool as XML": f"<function=ask><parameter=questions>{QUESTIONS}</parameter></function>",
    "a citation behind it": f"```json\n{QUESTIONS}\n```\nSee [docs] and [1].",
    "a long fence": f"````json\n{QUESTIONS}\n````",
    "the schema before the reply": '{"properties":{"questions":{"type":"array"}},"required":["questions"],'
    f'"title":"QuestionList","type":"object"}}\n{QUESTIONS}',
    "a larger object that is no reply": f'{{"note": "{"very " * 60}long"}} {QUESTIONS}',
    "one object a line": '{"question":"What colour is the car?"}\n{"question":"Is it day?"}',
    "one object a fence": '```json\n{"question":"What colour is the car?"}\n```\n'
    '```json\n{"question":"Is it day?"}\n```',
    "one list a line": '{"questions":["What colour is the car?"]}\n{"questions":["Is it day?"]}',
    "one text of lines": json.dumps({"questions": "1. What colour is the car?\n2. Is it day?"}),
    "one text of lines without numbers": json.dumps({"questions": "What colour is the car?\nIs it day?"}),
    "one text with bullets": json.dumps({"questions": "- What colour is the car?\n- Is it day?"}),
    "a list as a text": json.dumps({"questions": json.dumps(["What colour is the car?", "Is it day?"])}),
    "numbered texts": json.dumps({"questions": ["1. What colour is the car?", "2) Is it day?"]}),
    "numbered questions": json.dumps({"questions": [{"question": "Q1: What colour is the car?"}, "Q2: Is it day?"]}),
    "an object by number": json.dumps({"questions": {"1": "What colour is the car?", "2": "Is it day?"}}),
    "names in capitals": QUESTIONS.replace("question", "Question"),
    "a wrapper": f'{{"result": {QUESTIONS}}}',
    "a wrapper in a list": f"[{QUESTIONS}]",
    "numbered lines": "Here they are:\n\n1. What colour is the car?\n2. Is it day?\n\nI hope this helps.",
    "numbered lines in bold": "**1.** What colour is the car?\n**2.** Is it day?",
    "numbered lines that go on": "1) What colour\n   is the car?\n2) Is it day?",
    "kind is null": QUESTIONS.replace('day?"', 'day?","kind":null'),
    "an empty question beside them": QUESTIONS.replace("[", '[{"question":""},'),
    "null beside them": QUESTIONS.replace("[", '[null,{"question":null},'),
    "an item that cannot be repaired": QUESTIONS.replace("]", ',{"question" oops "}]'),
    "an ellipsis": QUESTIONS.replace("]", ", ...]"),
    "a trailing comma": QUESTIONS.replace("}", ",}"),
    "Chinese brackets as quotes": QUESTIONS.replace('":"', "」:「")
    .replace('{"', "{「")
    .replace('"}', "」}")
    .replace('":', "」:"),
    "three quotes": QUESTIONS.replace(':"', ':"""').replace('"}', '"""}'),
    "German quotes": "{„questions“:[{„question“:„What colour is the car?“},{„question“:„Is it day?“}]}",
    "guillemets": "{«questions»:[{«question»:«What colour is the car?»},{«question»:«Is it day?»}]}",
}


@pytest.mark.parametrize("text", READ_AS_BOTH.values(), ids=READ_AS_BOTH)
def test_both_questions_are_read_and_nothing_else(text: str) -> None:
    assert replies.parse(text, QuestionList).model_dump() == {
        "questions": [{"question": "What colour is the car?", "kind": ""}, {"question": "Is it day?", "kind": ""}]
    }


@pytest.mark.parametrize(
    "question",
    [
        "What does the word <think> on the poster mean?",
        "Why does it say </think> there?",
        "What does [1, 2, ] print?",
        "招牌上的“欢迎”是什么颜色？",
        "Is <|image_pad|> written there?",
        "Does {a: b} look like code?",
        'Which is larger, "A" or "B"?',
        "What's the dog's name?",
        "Line one\nand line two?",
    ],
)
@pytest.mark.parametrize("damage", ["none", "trailing comma", "thinking before"])
def test_the_text_of_a_question_stays_as_it_is(question: str, damage: str) -> None:
    text = json.dumps({"questions": [{"question": question}]}, ensure_ascii=False)
    damaged = {"trailing comma": text.replace("}]", ",},]"), "thinking before": f"<think>hm</think>{text}"}
    parsed = replies.parse(damaged.get(damage, text), QuestionList)
    assert parsed.model_dump() == {"questions": [{"question": question, "kind": ""}]}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"number":1,"answer":"Red"}\n{"number":2,"answer":"Day"}', [(1, "Red"), (2, "Day")]),
        ('{"answers":[{"number":1,"answer":"Red"},{"number":2,"answer":null}]}', [(1, "Red")]),
        ('{"answers":[{"number":1,"answer":"Red"},{"number":2,"answer":" "}]}', [(1, "Red")]),
        ('{"answers":[{"number":"1.","answer":"Red"},{"number":"Q2","answer":"Day"}]}', [(1, "Red"), (2, "Day")]),
        ('{"answers":["Red",null,"Day"]}', [(1, "Red"), (3, "Day")]),
        ('{"answers":["Red","Day"]}', [(0, "Red"), (0, "Day")]),
        ('{"answers":{"1":"Red","2":["Day"]}}', [(1, "Red"), (2, '["Day"]')]),
        ('{"1":"Red","2":"Day"}', [(1, "Red"), (2, "Day")]),
        ('{"answers":"1. Red\\n2. Day"}', [(1, "Red"), (2, "Day")]),
        ('{"answers":[{"number":1,"answer":"1. FC"}]}', [(1, "1. FC")]),
        ("1. Red\n2. Day", [(1, "Red"), (2, "Day")]),
        (
            f'{{"answers":[{{"number":1,"answer":{"[" * 500 + "]" * 500}}},{{"number":2,"answer":"Day"}}]}}',
            [(2, "Day")],
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_answers_keep_their_numbers_and_a_bad_one_costs_only_itself(text: str, read: list[tuple[int, str]]) -> None:
    answers = replies.parse(text, AnswerList).model_dump()["answers"]
    assert [(given["number"], given["answer"]) for given in answers] == read


def test_a_pair_without_its_answer_costs_only_itself() -> None:
    text = '{"items":[{"question":"A?","answer":null},{"question":"B?","answer":3,"kind":null}]}'
    assert replies.parse(text, QuestionAnswerList).model_dump()["items"] == [
        {"question": "B?", "answer": "3", "kind": ""}
    ]


def test_lists_of_questions_and_answers_become_pairs() -> None:
    text = '{"questions":["A?","B?"],"answers":["a",{"answer":"b"}]}'
    pairs = replies.parse(text, QuestionAnswerList).model_dump()["items"]
    assert [(pair["question"], pair["answer"]) for pair in pairs] == [("A?", "a"), ("B?", "b")]


def test_an_empty_field_of_a_description_costs_only_itself() -> None:
    text = '{"description":"A shelf","tags":null,"vibe":null,"lighting":"low","colors":["red",null],"style":"photo"}'
    assert replies.parse(f"Sure: {text}", StyleAnalysis).model_dump() == {
        "description": "A shelf", "tags": [], "vibe": "", "lighting": "low", "colors": ["red"], "style": "photo",
    }  # fmt: skip


def test_of_two_equal_lists_the_last_is_the_reply() -> None:
    text = 'First: {"questions":["A?","B?"]} Better: {"questions":["C?","D?"]}'
    assert [asked["question"] for asked in replies.parse(text, QuestionList).model_dump()["questions"]] == ["C?", "D?"]


def test_a_longer_draft_is_not_taken_when_the_reply_has_what_was_asked_for() -> None:
    text = 'First: {"questions":["A?","B?","E?"]} Better: {"questions":["C?","D?"]}'
    parsed = replies.parse(text, QuestionList, expected=2)
    assert [asked["question"] for asked in parsed.model_dump()["questions"]] == ["C?", "D?"]


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"object","properties":{"questions":{"type":"array"}},"required":["questions"]}',
        '{"kinds":["object","text"]}',
        'The sign says ["EXIT"].',
        "To answer I would need:\n1. a picture\n2. time",
        f"<think>{DRAFT}</think>",
        f"{DRAFT}</think> I cannot do that.",
        "<think>Maybe {",
    ],
)
def test_what_is_no_reply_is_not_read_as_one(text: str) -> None:
    with pytest.raises(BadReplyError):
        replies.parse(text, QuestionList)


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
