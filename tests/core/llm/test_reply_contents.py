"""Which questions and answers are read from a reply that holds more than them, or less."""

import json

import pytest

from core.errors import BadReplyError
from core.llm import replies
from core.llm.schemas import AnswerList, QuestionAnswerList, QuestionList, StyleAnalysis

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
