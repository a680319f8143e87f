"""The official VQA tools, in Python 3 as the report says; the images are found by the file of ids."""

import json
import os
from collections.abc import Iterable
from lib2to3.refactor import RefactoringTool, get_fixers_from_package
from pathlib import Path
from types import ModuleType

from PIL import Image
from seen import Row, checkout_version, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    source = (Path(os.environ["CHECKOUT"]) / "PythonHelperTools" / "vqaTools" / "vqa.py").read_text()
    tool = RefactoringTool(get_fixers_from_package("lib2to3.fixes"))
    module = ModuleType("vqaTools")
    exec(str(tool.refactor_string(source.expandtabs() + "\n", "vqa.py")), module.__dict__)  # noqa: S102
    read = module.VQA(
        str(bundle / "v2_custom_train_annotations.json"), str(bundle / "v2_OpenEnded_custom_train_questions.json")
    )
    ids = (bundle / "vqa_v2_train_ids.jsonl").read_text(encoding="utf-8").splitlines()
    images = {row["question_id"]: row["image"] for row in map(json.loads, ids)}
    for question_id in read.getQuesIds():
        (annotation,) = read.loadQA(question_id)
        question = read.qqa[question_id]["question"]
        turns = [(question, answer["answer"]) for answer in annotation["answers"]]
        yield turns, [Image.open(bundle / images[question_id])]


run(checkout_version(), rows)
