"""Rows of conversations, each with one thing that a trainer would trip over."""

import base64
from typing import Any

import pytest

from core.export.checks.base import (
    COUNTS_MATCH,
    LISTS_TYPED,
    NO_CONTROL_WORD,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_VALID,
    TOKEN_FIRST,
    TOKENS_MATCH,
    TURNS_ALTERNATE,
    Expected,
)
from core.export.checks.conversations import (
    DATA_URLS,
    INFO_MATCHES,
    LlamaFactoryChecker,
    LlavaChecker,
    MsSwiftChecker,
    OpenAIChecker,
    SharegptChecker,
)
from tests.core.export.checks.memory import as_lines, problems, results
from tests.pictures import png

Turn = dict[str, Any]


def _user(text: Any) -> Turn:
    return {"role": "user", "content": text}


def _assistant(text: Any) -> Turn:
    return {"role": "assistant", "content": text}


def _swift(*turns: Any, images: tuple[str, ...] = ("images/a.jpg",), **more: Any) -> Turn:
    return {"id": "1", "messages": list(turns), "images": list(images), **more}


GOOD = (_user("<image>Which color?"), _assistant("Red."))


@pytest.mark.parametrize(
    ("row", "entries"),
    [
        (_swift(*GOOD), 1),
        (_swift(*GOOD, _user("And now?"), _assistant("Blue.")), 2),
        (_swift({"role": "system", "content": "Be brief."}, *GOOD), 1),
        (_swift(_user("<image><image>Which?"), _assistant("One."), images=("images/a.jpg", "images/b.jpg")), 1),
        (
            _swift(
                _user("<image>Which?"), _assistant("One."), _user("<image>And this?"), _assistant("Two."),
                images=("images/a.jpg", "images/b.jpg"),
            ),
            2,
        ),
    ],
)  # fmt: skip
def test_a_conversation_that_trainers_read_has_no_problem(row: Turn, entries: int) -> None:
    assert problems(MsSwiftChecker, row, entries=entries) == {}


@pytest.mark.parametrize(
    ("turns", "found"),
    [
        ([_assistant("Red."), _user("<image>Which?")], {TURNS_ALTERNATE, TOKEN_FIRST, NO_CONTROL_WORD}),
        ([_user("<image>Which?")], {TURNS_ALTERNATE, COUNTS_MATCH}),
        ([*GOOD, _user("And?")], {TURNS_ALTERNATE}),
        ([_user("Which?"), _assistant("Red.")], {TOKENS_MATCH, TOKEN_FIRST}),
        ([_user("Which <image>?"), _assistant("Red.")], {TOKEN_FIRST, NO_CONTROL_WORD}),
        ([_user("<image><image>Which?"), _assistant("Red.")], {TOKENS_MATCH}),
        ([_user("<image>Which <Video>?"), _assistant("Red.")], {NO_CONTROL_WORD}),
        ([_user("<image>Which?"), _assistant("<bbox>")], {NO_CONTROL_WORD}),
        ([_user("<image>Which?"), _assistant(" ")], {NOTHING_EMPTY}),
        ([_user("<image>"), _assistant("Red.")], {NOTHING_EMPTY}),
        ([_user("<image>Which?"), _assistant(None)], {NOTHING_EMPTY}),
        ([_user(3), _assistant("Red.")], {NOTHING_EMPTY, TOKENS_MATCH, TOKEN_FIRST, ONE_TYPE}),
        ([{"role": "system", "content": ""}, *GOOD], {NOTHING_EMPTY}),
        ([], {TURNS_ALTERNATE, COUNTS_MATCH, LISTS_TYPED}),
        (["Which?", "Red."], {TURNS_ALTERNATE, COUNTS_MATCH}),
    ],
)
def test_a_turn_that_a_trainer_refuses_is_found(turns: list[Any], found: set[str]) -> None:
    assert set(problems(MsSwiftChecker, _swift(*turns), entries=1)) == found


def test_a_later_question_of_a_single_image_has_no_token() -> None:
    row = _swift(_user("Which?"), _assistant("One."), _user("<image>And this?"), _assistant("Two."))

    assert set(problems(MsSwiftChecker, row, entries=2)) == {TOKEN_FIRST, NO_CONTROL_WORD}


@pytest.mark.parametrize("name", ["objects", "tools", "channel", "margin", "label"])
def test_columns_with_a_meaning_in_ms_swift_are_found(name: str) -> None:
    found = problems(MsSwiftChecker, _swift(*GOOD, **{name: "x"}))

    assert found == {NOTHING_EMPTY: [f"the columns ['{name}'] have another meaning in ms-swift"]}


def test_images_that_are_no_list_are_found() -> None:
    assert PATHS_VALID in problems(MsSwiftChecker, {"id": "1", "messages": list(GOOD), "images": "images/a.jpg"})


def _llava(**changed: Any) -> Turn:
    turns = [{"from": "human", "value": "<image>\nWhich?"}, {"from": "gpt", "value": "Red."}]
    return {"id": "1", "image": "images/a.jpg", "conversations": turns, **changed}


def test_llava_rows_have_one_image_and_an_id() -> None:
    assert problems(LlavaChecker, _llava()) == {}
    assert NOTHING_EMPTY in problems(LlavaChecker, _llava(image=["images/a.jpg"]))
    assert problems(LlavaChecker, _llava(id=" ")) == {NOTHING_EMPTY: ["id is ' '"]}


def test_llava_knows_no_system_prompt() -> None:
    turns = [{"from": "system", "value": "Be brief."}, *_llava()["conversations"]]

    assert TURNS_ALTERNATE in problems(LlavaChecker, _llava(conversations=turns))


def _info(**part: Any) -> dict[str, bytes]:
    described = {"file_name": "rows.jsonl", "columns": {"messages": "messages", "images": "images"},
                 "formatting": "sharegpt", "tags": {}} | part  # fmt: skip
    named = {name: value for name, value in described.items() if value is not None}
    return {"dataset_info.json": as_lines([{"rows": named}]), "rows.jsonl": as_lines([_swift(*GOOD)]),
            "images/a.jpg": b""}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "passes"),
    [
        ({}, True),
        ({"file_name": "other.jsonl"}, False),
        ({"columns": {"messages": "messages"}}, False),
        ({"columns": {"messages": "messages", "images": "images", "more": "x"}}, True),
        ({"formatting": "alpaca"}, False),
        ({"tags": None}, False),
    ],
)
def test_the_dataset_info_of_llama_factory_names_files_columns_and_tags(changed: Turn, passes: bool) -> None:
    found = results(LlamaFactoryChecker, _info(**changed), Expected({"train": 1}, {"train": 1}, 1))

    assert {result.name: result.passed for result in found}[INFO_MATCHES] is passes
    assert {result.name: result.examined for result in found}[INFO_MATCHES] == 1


@pytest.mark.parametrize(("tags", "passes"), [(None, True), ({}, False)])
def test_the_dataset_info_of_sharegpt_names_no_tags(tags: Any, passes: bool) -> None:
    found = results(SharegptChecker, _info(tags=tags), Expected({"train": 1}, {"train": 1}, 1))

    assert {result.name: result.passed for result in found}[INFO_MATCHES] is passes


URL = "data:image/png;base64," + base64.b64encode(png("red")).decode()


def _chat(*turns: Any, **more: Any) -> Turn:
    return {"messages": list(turns), **more}


def _parts(text: str, url: str = URL) -> list[Turn]:
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]


CHAT = (_user(_parts("Which?")), _assistant("Red."))


@pytest.mark.parametrize("row", [_chat(*CHAT), _chat({"role": "system", "content": "Be brief."}, *CHAT)])
def test_a_chat_line_that_providers_take_has_no_problem(row: Turn) -> None:
    assert problems(OpenAIChecker, row, images="base64") == {}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_chat(*CHAT, id="1"), {TURNS_ALTERNATE, COUNTS_MATCH}),
        (_chat(), {TURNS_ALTERNATE, COUNTS_MATCH, PATHS_VALID}),
        (_chat(*CHAT, _user("And?")), {TURNS_ALTERNATE}),
        (_chat({"role": "system", "content": " "}, *CHAT), {NOTHING_EMPTY}),
        (_chat(_user(_parts("Which?")), _assistant(_parts("Red."))), {DATA_URLS}),
        (_chat(_user(_parts(" ")), _assistant("Red.")), {NOTHING_EMPTY}),
        (_chat(_user(_parts("Which?")), _assistant("")), {NOTHING_EMPTY}),
    ],
)  # fmt: skip
def test_a_chat_line_that_providers_refuse_is_found(row: Turn, found: set[str]) -> None:
    assert set(problems(OpenAIChecker, row, entries=1, images="base64")) == found


def test_a_data_url_has_at_most_ten_megabytes_of_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.export.checks.conversations._MAX_IMAGE_BYTES", len(URL) * 3 / 4)
    assert problems(OpenAIChecker, _chat(*CHAT), images="base64") == {}

    monkeypatch.setattr("core.export.checks.conversations._MAX_IMAGE_BYTES", len(URL) * 3 / 4 - 1)
    assert problems(OpenAIChecker, _chat(*CHAT), images="base64") == {DATA_URLS: ["an image is larger than 10 MB"]}
