"""VQA v2 and COCO captions: whole documents, as their official tools load them."""

from collections import Counter
from typing import Any, ClassVar

from core.export.checks.base import (
    CLEAN_TEXT,
    COUNTS_MATCH,
    IDS_UNIQUE,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_HOLD,
    SAME_KEYS,
    SPLITS_DISJOINT,
    Bundle,
    Checker,
)
from core.export.checks.images import is_safe_path, upright_size
from core.export.checks.reading import Schema, read_document, read_rows

IDS_ARE_INTEGERS = "Ids are integers that every reader keeps exact"
FILES_AGREE = "Both files speak of the same questions and images"
ANSWERS_COUNTED = "Answers are numbered, and the most frequent one is named"
SIZES_POSITIVE = "Every image has its size"
SIZES_TRUE = "Every size is that of the upright image in the bundle"

_LARGEST_EXACT = 2**53
_ANSWER_TYPES = ("yes/no", "number", "other")
_CONFIDENCES = ("yes", "maybe", "no")


class _DocumentsChecker(Checker):
    def integer(self, id_: Any) -> None:
        self.findings.saw(IDS_ARE_INTEGERS)
        if type(id_) is not int or not 0 <= id_ < _LARGEST_EXACT:
            self.findings.wrong(IDS_ARE_INTEGERS, f"an id is {id_!r}")

    def text(self, place: str, value: Any) -> None:
        self.findings.saw(NOTHING_EMPTY)
        if not isinstance(value, str) or not value.strip():
            self.findings.wrong(NOTHING_EMPTY, f"{place} is {value!r}")

    def unique(self, ids: list[Any], what: str) -> None:
        self.findings.saw(IDS_UNIQUE, len(ids))
        if twice := [id_ for id_, count in Counter(map(str, ids)).items() if count > 1]:
            self.findings.wrong(IDS_UNIQUE, f"{what} {twice[0]} stands there twice")

    def in_one_split(self, image: Any, split: str, seen: dict[Any, str]) -> None:
        self.findings.saw(SPLITS_DISJOINT)
        if seen.setdefault(image, split) != split:
            self.findings.wrong(SPLITS_DISJOINT, f"image {image} stands in {seen[image]} and {split}")

    def path(self, path: Any, bundle: Bundle) -> None:
        self.findings.saw(PATHS_HOLD)
        if not isinstance(path, str) or not is_safe_path(path):
            self.findings.wrong(PATHS_HOLD, f"{path!r} is not a safe relative path")
        elif self.recipe.images == "path" and path not in bundle.sizes:
            self.findings.wrong(PATHS_HOLD, f"{path} is not in the bundle")


class VqaV2Checker(_DocumentsChecker):
    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, IDS_ARE_INTEGERS, NOTHING_EMPTY, FILES_AGREE, ANSWERS_COUNTED, PATHS_HOLD, ONE_TYPE,
        SAME_KEYS, SPLITS_DISJOINT, CLEAN_TEXT,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        seen: dict[Any, str] = {}
        schema = Schema()
        for split in self.expected.splits:
            asked = self._list(bundle, f"v2_OpenEnded_custom_{split}_questions.json", "questions", split)
            given = self._list(bundle, f"v2_custom_{split}_annotations.json", "annotations", split)
            keys = list(read_rows(bundle, f"vqa_v2_{split}_ids.jsonl", self.findings))
            self.expect(f"questions of {split}", self.expected.rows_per_split.get(split, 0), len(asked))
            answers = sum(len(annotation.get("answers") or ()) for annotation in given)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), answers)
            self.unique([question.get("question_id") for question in asked], "question")
            for question in asked:
                schema.add(split, question)
                self._question(question, split, seen)
            for annotation in given:
                schema.add(split, annotation)
                self._annotation(annotation)
            self._agree(asked, given, keys)
            for row in keys:
                self.path(row.get("image"), bundle)
        schema.report(self.findings)

    def _list(self, bundle: Bundle, name: str, key: str, split: str) -> list[dict[str, Any]]:
        document = read_document(bundle, name, self.findings)
        found = document.get(key) if isinstance(document, dict) else None
        if not isinstance(found, list) or document.get("data_subtype") != split:
            self.findings.wrong(FILES_AGREE, f"{name} has no {key} of {split}")
            return []
        return found

    def _question(self, question: dict[str, Any], split: str, seen: dict[Any, str]) -> None:
        self.integer(question.get("question_id"))
        self.integer(question.get("image_id"))
        self.text("a question", question.get("question"))
        self.in_one_split(question.get("image_id"), split, seen)

    def _annotation(self, annotation: dict[str, Any]) -> None:
        answers = annotation.get("answers") or []
        self.findings.saw(ANSWERS_COUNTED)
        counts = Counter(answer.get("answer") for answer in answers)
        named = annotation.get("multiple_choice_answer")
        numbered = [answer.get("answer_id") for answer in answers] == list(range(1, len(answers) + 1))
        if not answers or not numbered or counts[named] != max(counts.values()):
            self.findings.wrong(ANSWERS_COUNTED, f"question {annotation.get('question_id')}: {named!r} of {counts}")
        if annotation.get("answer_type") not in _ANSWER_TYPES or not annotation.get("question_type"):
            self.findings.wrong(ANSWERS_COUNTED, f"question {annotation.get('question_id')} has no type")
        for answer in answers:
            self.text("an answer", answer.get("answer"))
            if answer.get("answer_confidence") not in _CONFIDENCES:
                self.findings.wrong(ANSWERS_COUNTED, f"confidence is {answer.get('answer_confidence')!r}")

    def _agree(self, asked: list[Any], given: list[Any], keys: list[Any]) -> None:
        self.findings.saw(FILES_AGREE, len(asked))
        pairs = [(question.get("question_id"), question.get("image_id")) for question in asked]
        for other in (given, keys):
            if [(row.get("question_id"), row.get("image_id")) for row in other] != pairs:
                self.findings.wrong(FILES_AGREE, "ids differ between the files")


class CocoChecker(_DocumentsChecker):
    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, IDS_ARE_INTEGERS, NOTHING_EMPTY, FILES_AGREE, SIZES_POSITIVE, SIZES_TRUE, PATHS_HOLD,
        SPLITS_DISJOINT, CLEAN_TEXT,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        seen: dict[Any, str] = {}
        for split in self.expected.splits:
            document = read_document(bundle, f"captions_{split}.json", self.findings) or {}
            images, captions = document.get("images") or [], document.get("annotations") or []
            self.expect(f"captions of {split}", self.expected.rows_per_split.get(split, 0), len(captions))
            self.unique([image.get("id") for image in images], "image")
            self.unique([caption.get("id") for caption in captions], "caption")
            for image in images:
                self.integer(image.get("id"))
                self.path(f"images/{image.get('file_name')}", bundle)
                self.in_one_split(image.get("id"), split, seen)
                self.findings.saw(SIZES_POSITIVE)
                if not all(type(image.get(side)) is int and image[side] > 0 for side in ("width", "height")):
                    self.findings.wrong(SIZES_POSITIVE, f"{image.get('file_name')} has none")
                self._true_size(image, bundle)
            for caption in captions:
                self.integer(caption.get("id"))
                self.text("a caption", caption.get("caption"))
            self.findings.saw(FILES_AGREE, len(captions))
            if {caption.get("image_id") for caption in captions} != {image.get("id") for image in images}:
                self.findings.wrong(FILES_AGREE, f"captions and images of {split} differ")

    def _true_size(self, image: dict[str, Any], bundle: Bundle) -> None:
        name = f"images/{image.get('file_name')}"
        if name not in bundle.sizes:
            return
        with bundle.open(name) as file:
            seen = upright_size(file.read())
        self.findings.saw(SIZES_TRUE)
        if (image.get("width"), image.get("height")) != seen:
            self.findings.wrong(SIZES_TRUE, f"{image.get('file_name')} is {seen[0]} x {seen[1]} px upright")
