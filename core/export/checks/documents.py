"""Checks of VQA v2 and COCO captions: whole documents, as their official tools load them."""

from collections import Counter
from typing import Any, ClassVar

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_VALID,
    SAME_KEYS,
    SPLITS_DISJOINT,
    VALID_FILES,
    Bundle,
    Checker,
)
from core.export.checks.images import is_safe_path, upright_size
from core.export.checks.reading import Schema, read_document, read_rows

IDS_ARE_INTEGERS = "Ids are integers below 2^53, which every JSON reader reads exactly"
FILES_AGREE = "All files have the same questions and images"
ANSWERS_COUNTED = "Answers are numbered, and a most frequent one is named"
SIZES_POSITIVE = "Every image has its size"
SIZES_MATCH = "Every size is that of the upright image in the bundle"

_LARGEST_EXACT = 2**53
_ANSWER_TYPES = ("yes/no", "number", "other")
_CONFIDENCES = ("yes", "maybe", "no")


class _DocumentsChecker(Checker):
    """Checks shared by formats with integer ids."""

    def check_integer(self, id_: Any) -> None:
        self.findings.count(IDS_ARE_INTEGERS)
        if type(id_) is not int or not 0 <= id_ < _LARGEST_EXACT:
            self.findings.fail(IDS_ARE_INTEGERS, f"an id is {id_!r}")

    def check_unique(self, ids: list[Any], what: str) -> None:
        self.findings.count(IDS_UNIQUE, len(ids))
        if twice := [id_ for id_, count in Counter(map(str, ids)).items() if count > 1]:
            self.findings.fail(IDS_UNIQUE, f"{what} {twice[0]} is repeated")

    def check_path(self, path: Any, bundle: Bundle) -> None:
        self.findings.count(PATHS_VALID)
        if not isinstance(path, str) or not is_safe_path(path):
            self.findings.fail(PATHS_VALID, f"{path!r} is not a safe relative path")
        elif self.layout.images == "path" and path not in bundle.sizes:
            self.findings.fail(PATHS_VALID, f"{path} is not in the bundle")


class VqaV2Checker(_DocumentsChecker):
    """Questions, annotations and the map of ids, by the rules of the official evaluator."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, IDS_ARE_INTEGERS, NOTHING_EMPTY, FILES_AGREE, ANSWERS_COUNTED, PATHS_VALID, ONE_TYPE,
        SAME_KEYS, SPLITS_DISJOINT, VALID_FILES,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        seen: dict[Any, str] = {}
        schema = Schema()
        for split in self.expected.splits:
            questions = self._list(bundle, f"v2_OpenEnded_custom_{split}_questions.json", "questions", split)
            annotations = self._list(bundle, f"v2_custom_{split}_annotations.json", "annotations", split)
            ids = list(read_rows(bundle, f"vqa_v2_{split}_ids.jsonl", self.findings))
            self.expect(f"questions of {split}", self.expected.rows_per_split.get(split, 0), len(questions))
            answers = sum(len(annotation.get("answers") or ()) for annotation in annotations)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), answers)
            self.check_unique([question.get("question_id") for question in questions], "question")
            for question in questions:
                schema.add(split, question)
                self._check_question(question, split, seen)
            for annotation in annotations:
                schema.add(split, annotation)
                self._check_annotation(annotation)
            self._check_agreement(questions, annotations, ids)
            for row in ids:
                self.check_path(row.get("image"), bundle)
        schema.report(self.findings)

    def _list(self, bundle: Bundle, name: str, key: str, split: str) -> list[dict[str, Any]]:
        document = read_document(bundle, name, self.findings)
        found = document.get(key) if isinstance(document, dict) else None
        if not isinstance(found, list) or document.get("data_subtype") != split:
            self.findings.fail(FILES_AGREE, f"{name} has no {key} of {split}")
            return []
        return found

    def _check_question(self, question: dict[str, Any], split: str, seen: dict[Any, str]) -> None:
        self.check_integer(question.get("question_id"))
        self.check_integer(question.get("image_id"))
        self.check_text("a question", question.get("question"))
        self.check_split(question.get("image_id"), split, seen)

    def _check_annotation(self, annotation: dict[str, Any]) -> None:
        answers = annotation.get("answers") or []
        self.findings.count(ANSWERS_COUNTED)
        counts = Counter(answer.get("answer") for answer in answers)
        named = annotation.get("multiple_choice_answer")
        numbered = [answer.get("answer_id") for answer in answers] == list(range(1, len(answers) + 1))
        if not answers or not numbered or counts[named] != max(counts.values()):
            self.findings.fail(ANSWERS_COUNTED, f"question {annotation.get('question_id')}: {named!r} of {counts}")
        if annotation.get("answer_type") not in _ANSWER_TYPES or not annotation.get("question_type"):
            self.findings.fail(ANSWERS_COUNTED, f"question {annotation.get('question_id')} has no type")
        for answer in answers:
            self.check_text("an answer", answer.get("answer"))
            if answer.get("answer_confidence") not in _CONFIDENCES:
                self.findings.fail(ANSWERS_COUNTED, f"confidence is {answer.get('answer_confidence')!r}")

    def _check_agreement(self, questions: list[Any], annotations: list[Any], ids: list[Any]) -> None:
        self.findings.count(FILES_AGREE, len(questions))
        pairs = [(question.get("question_id"), question.get("image_id")) for question in questions]
        for other in (annotations, ids):
            if [(row.get("question_id"), row.get("image_id")) for row in other] != pairs:
                self.findings.fail(FILES_AGREE, "ids differ between the files")


class CocoChecker(_DocumentsChecker):
    """Captions and images by the rules of pycocotools."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, IDS_ARE_INTEGERS, NOTHING_EMPTY, FILES_AGREE, SIZES_POSITIVE, SIZES_MATCH,
        PATHS_VALID, SPLITS_DISJOINT, VALID_FILES,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        seen: dict[Any, str] = {}
        for split in self.expected.splits:
            document = read_document(bundle, f"{self.layout.stem}_{split}.json", self.findings) or {}
            images, captions = document.get("images") or [], document.get("annotations") or []
            self.expect(f"captions of {split}", self.expected.rows_per_split.get(split, 0), len(captions))
            self.check_unique([image.get("id") for image in images], "image")
            self.check_unique([caption.get("id") for caption in captions], "caption")
            for image in images:
                self.check_integer(image.get("id"))
                self.check_path(f"images/{image.get('file_name')}", bundle)
                self.check_split(image.get("id"), split, seen)
                self.findings.count(SIZES_POSITIVE)
                if not all(type(image.get(side)) is int and image[side] > 0 for side in ("width", "height")):
                    self.findings.fail(SIZES_POSITIVE, f"{image.get('file_name')} has no size")
                self._check_size(image, bundle)
            for caption in captions:
                self.check_integer(caption.get("id"))
                self.check_text("a caption", caption.get("caption"))
            self.findings.count(FILES_AGREE, len(captions))
            if {caption.get("image_id") for caption in captions} != {image.get("id") for image in images}:
                self.findings.fail(FILES_AGREE, f"captions and images of {split} differ")

    def _check_size(self, image: dict[str, Any], bundle: Bundle) -> None:
        name = f"images/{image.get('file_name')}"
        if name not in bundle.sizes:
            return
        with bundle.open(name) as file:
            size = upright_size(file.read())
        self.findings.count(SIZES_MATCH)
        if (image.get("width"), image.get("height")) != size:
            self.findings.fail(SIZES_MATCH, f"{image.get('file_name')} is {size[0]} x {size[1]} px upright")
