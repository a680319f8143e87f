"""The rows for training by rewards, written out, and the reward file that goes with them."""

import json
from typing import Any

import pytest

from core.export.entries import Entry, FurtherImage, ImageGroup, Row, RowOptions
from core.export.formats import format_named
from core.export.formats.verifiable import arguments_text
from core.verifiers import Verifier, check, verifier_of
from tests.core.export.formats.sample import DATA, IMAGE, REF, SCORED, UNSCORED, entry, rows

PICTURE = {"bytes": DATA, "path": REF}
CUPS = '[{"bbox_2d": [100, 100, 500, 500], "label": "cup"}]'
BOXED = entry(
    3, "Where is the cup?", "Somewhere on the second board of the shelf, behind the plates.",
    boxes=[{"label": "cup", "xyxy": [64, 48, 320, 240], "image": 0}],
)  # fmt: skip
LONG = entry(4, "Describe it.", "A shelf with several cups and plates that stands before a white wall.")
INSTRUCTION = (
    "Answer with the boxes as a JSON list of objects with bbox_2d (left, top, right, bottom, from 0 to 1000 of the "
    "image's width and height) and label."
)
NAMES = ("trl-grpo", "verl", "easyr1", "lmms-eval")


def test_trl_has_prompt_solution_and_checker() -> None:
    assert rows("trl-grpo") == [
        {
            "id": "entry-1", "images": [PICTURE], "prompt": [{"role": "user", "content": "How many cups?"}],
            "solution": "Three.", "checker": "number", "arguments": '{"tolerance": 0.0}',
        },
        {
            "id": "entry-2", "images": [PICTURE], "prompt": [{"role": "user", "content": "Which colors?"}],
            "solution": '["red", "blue"]', "checker": "set", "arguments": "{}",
        },
    ]  # fmt: skip


def test_verl_has_the_layout_of_its_own_examples() -> None:
    assert rows("verl", SCORED) == [
        {
            "id": "entry-1",
            "data_source": "Shelf",
            "prompt": [{"role": "user", "content": "<image>How many cups?"}],
            "images": [PICTURE],
            "ability": "vqa",
            "reward_model": {"style": "rule", "ground_truth": "Three."},
            "extra_info": {
                "index": rows("verl", SCORED)[0]["extra_info"]["index"],
                "split": "train",
                "question": "How many cups?",
                "answer": "Three.",
                "checker": "number",
                "arguments": '{"tolerance": 0.0}',
            },
        }
    ]


def test_easyr1_has_the_verifier_in_one_column() -> None:
    assert rows("easyr1", UNSCORED) == [
        {
            "id": "entry-2", "images": [PICTURE], "prompt": "<image>Which colors?", "answer": "red, blue",
            "verifier": '{"arguments": {}, "checker": "set", "truth": "[\\"red\\", \\"blue\\"]"}',
        }
    ]  # fmt: skip


def test_lmms_eval_has_question_answer_and_checker() -> None:
    assert rows("lmms-eval", SCORED) == [
        {
            "id": "entry-1", "images": [PICTURE], "question": "How many cups?", "answer": "Three.",
            "checker": "number", "arguments": '{"tolerance": 0.0}',
        }
    ]  # fmt: skip


def test_boxes_are_a_task_of_their_own_from_0_to_1000() -> None:
    [row] = rows("trl-grpo", BOXED)

    assert row["id"] == "entry-3-boxes"
    assert row["prompt"][0]["content"] == f"Where is the cup?\n{INSTRUCTION}"
    assert (row["checker"], row["arguments"]) == ("iou", '{"min_iou": 0.5}')
    assert json.loads(row["solution"]) == json.loads(CUPS)
    assert [row["id"] for row in rows("verl", BOXED._replace(answer="Left."))] == ["entry-3", "entry-3-boxes"]


@pytest.mark.parametrize("name", NAMES)
def test_a_longer_text_is_left_out_with_the_reason(name: str) -> None:
    format_ = format_named(name)
    group = ImageGroup(IMAGE, (SCORED, LONG), ref=REF, data=DATA)

    kept, reasons = format_.without_left_out(group)

    assert rows(name, LONG) == []
    assert kept.entries == (SCORED,)
    assert reasons == {"its answer is a longer text, which no checker can verify": 1}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_passes_its_own_checker(name: str) -> None:
    found = rows(name, SCORED, UNSCORED, BOXED, entry(5, "As JSON?", '{"a": 1}', answer_type="custom_format"))

    assert len(found) == 4
    for row in found:
        verifier = _verifier(name, row)
        assert check(*verifier, verifier.truth)


def _verifier(name: str, row: Row) -> Verifier:
    if name == "easyr1":
        return Verifier(**json.loads(row["verifier"]))
    info = row.get("extra_info", row)
    truth = row.get("solution") or row.get("answer") or row["reward_model"]["ground_truth"]
    return Verifier(info["checker"], json.loads(info["arguments"]), truth)


FIRST = entry(1, "How many cups?", "A whole row of them, in nearly every color that one could think of.", turn=0)
SECOND = entry(2, "And plates?", "Four.", turn=1, more_image_ids="image-2")
TALK: dict[str, Any] = {"conversation_id": "talk", "system": "Be brief."}


def _conversation(name: str, *entries: Entry) -> list[Row]:
    talk = tuple(one._replace(**TALK) for one in entries)
    further = (FurtherImage(IMAGE._replace(id="image-2"), "images/second.jpg", b"second"),)
    group = ImageGroup(IMAGE, talk, ref=REF, data=DATA, further=further)
    return list(format_named(name).rows(group, RowOptions("turn", True, "Shelf")))


def test_a_later_turn_has_the_earlier_ones_in_its_prompt() -> None:
    [row] = _conversation("verl", SECOND, FIRST)

    assert row["prompt"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "<image>How many cups?"},
        {"role": "assistant", "content": FIRST.answer},
        {"role": "user", "content": "<image>And plates?"},
    ]
    assert [image["path"] for image in row["images"]] == [REF, "images/second.jpg"]
    [row] = _conversation("trl-grpo", SECOND, FIRST)
    assert [turn["content"] for turn in row["prompt"]] == [
        "Be brief.", "How many cups?", FIRST.answer, "And plates?",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["easyr1", "lmms-eval"])
def test_what_asks_one_question_leaves_out_later_turns(name: str) -> None:
    first = FIRST._replace(answer="Many.")

    [row] = _conversation(name, SECOND, first)

    assert row["id"] == "entry-1"
    leaves_out = format_named(name).leaves_out
    assert leaves_out is not None
    talk = tuple(one._replace(**TALK) for one in (SECOND, first))
    reasons = [leaves_out(one, ImageGroup(IMAGE, talk)) for one in talk]
    assert reasons[0].startswith("it is a later turn")
    assert reasons[1] == ""


def test_the_reward_file_scores_responses_without_anything_else() -> None:
    companion_files = format_named("verl").companion_files
    assert companion_files is not None
    module: dict[str, Any] = {"__name__": "reward"}

    exec(compile(companion_files({})["reward.py"], "reward.py", "exec"), module)  # noqa: S102 - as a trainer loads it

    assert module["verl_reward"]("shelf", "three", "3", {"checker": "number", "arguments": "{}"}) == 1.0


def test_an_entry_and_its_verifier_agree() -> None:
    [row] = rows("trl-grpo", SCORED)
    found = verifier_of(SCORED.answer, SCORED.answer_type)

    assert found is not None
    assert (row["checker"], json.loads(row["arguments"]), row["solution"]) == found


@pytest.mark.parametrize("name", NAMES)
def test_a_text_that_was_read_is_rewarded_by_its_characters(name: str) -> None:
    [row] = rows(name, entry(5, "What does the sign say?", "Platform 9", kind="text"))
    companion_files = format_named(name).companion_files
    assert companion_files is not None
    reward: dict[str, Any] = {"__name__": "reward"}
    exec(compile(companion_files({})["reward.py"], "reward.py", "exec"), reward)  # noqa: S102 - as a trainer loads it

    assert _rewarded(reward, name, row, "Platform 8") == pytest.approx(0.9)


def _rewarded(reward: dict[str, Any], name: str, row: Row, response: str) -> Any:
    if name == "trl-grpo":
        columns = {key: [row[key]] for key in ("solution", "checker", "arguments")}
        return reward["trl_reward"]([response], **columns)[0]
    if name == "verl":
        return reward["verl_reward"]("shelf", response, row["reward_model"]["ground_truth"], row["extra_info"])
    if name == "easyr1":
        return reward["easyr1_reward"]([{"response": response, "ground_truth": row["verifier"]}])[0]["overall"]
    return reward["lmms_results"](row, [response])["score"]


def test_arguments_are_written_in_the_same_order_for_every_row() -> None:
    verifier = Verifier("number", {"tolerance": 0.0, "language": "de"}, "3")
    assert arguments_text(verifier) == '{"language": "de", "tolerance": 0.0}'
