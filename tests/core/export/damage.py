"""Ways to damage a bundle, one for each check."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from core.export import Format
from core.export.checks import (
    base,
    conversations,
    documents,
    files,
    grounding,
    hugging_face,
    hugging_face_chat,
    preference,
    verifiable,
    vlmevalkit,
)
from tests.core.export.hostile import KNOWN_ANSWER, KNOWN_QUESTION
from tests.core.export.row_files import Rows, read_rows, write_rows

_ROWS = (".json", ".jsonl", ".parquet", ".csv", ".tsv", ".tar", ".txt")
_ROWS = (".json", ".jsonl", ".parquet", ".csv", ".tsv", ".tar", ".txt")
# Preference data has no pair for the known entry; every image has an edited one.
_KNOWN = (KNOWN_ANSWER, "by a person.")
_REPORTS = ("EXPORT_REPORT.json", "croissant.json", "EXPORT_REPORT.md", "README.md", "dataset_info.json")


class Damaged:
    """A bundle in a directory with its rows in memory; :meth:`save` writes them back."""

    def __init__(self, root: Path, format_: Format) -> None:
        self.root, self.format = root, format_
        self.files = [
            path
            for path in sorted(root.rglob("*"))
            if path.suffix in _ROWS
            and path.name not in _REPORTS
            # The captions again, for another program.
            and not (format_.name == "sidecar" and path.name == "metadata.jsonl")
        ]
        # The split with the known entry comes first, because the first file is damaged.
        self.rows = {path: read_rows(path) for path in self.files}
        known = (KNOWN_ANSWER, KNOWN_QUESTION.lower())
        self.files.sort(key=lambda path: [not _contains(repr(self.rows[path]), [text]) for text in known])

    @property
    def first(self) -> Rows:
        return self.rows[self.files[0]]

    def known(self, change: Callable[[str], Any], *words: str) -> None:
        """Replace every text with the known answer (or one of *words*) by ``change(text)``."""
        wanted = [word.lower() for word in (words or (KNOWN_ANSWER,))]
        # The answers of formats that leave entries out are no texts to train on: the question is.
        wanted = [KNOWN_QUESTION.lower()] if self.format.leaves_out else wanted
        for rows in self.rows.values():
            rows[:] = [
                _leaves(row, lambda text: change(text) if any(w in text.lower() for w in wanted) else text)
                for row in rows
            ]

    def save(self) -> None:
        for path, rows in self.rows.items():
            if path.exists():
                write_rows(path, rows)


def _contains(text: str, words: list[str]) -> bool:
    return any(word in text.lower() for word in words)


def _leaves(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _leaves(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_leaves(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


# --- one way for each check ----------------------------------------------------------------------------------


def _lose_a_row(bundle: Damaged) -> None:
    if bundle.files[0].suffix == ".txt":
        bundle.files[0].unlink()
        return
    document = bundle.first[0]
    for name in ("questions", "annotations"):
        if isinstance(document.get(name), list):
            document[name].pop()
            return
    bundle.first.pop()
    if bundle.files[0].suffix == ".tar":
        bundle.first.pop()


def _repeat_an_id(bundle: Damaged) -> None:
    documents_ = list(_parts(bundle))
    for parts in documents_:
        key = "question_id" if "question_id" in parts[0] else "id"
        parts[1][key] = parts[0][key]
    if documents_:
        return
    key = next(key for key in ("index", "id", "question_id", "conversation_id") if key in bundle.first[0])
    bundle.first[1][key] = bundle.first[0][key]


def _parts(bundle: Damaged, *names: str) -> Iterator[Rows]:
    """Yield the lists in the documents of VQA v2 and COCO."""
    for rows in bundle.rows.values():
        for name in names or ("questions", "annotations"):
            document = rows[0] if rows else {}
            if name in document and ("data_subtype" in document or bundle.format.name == "coco-captions"):
                yield rows[0][name]


def _unsafe_path(bundle: Damaged) -> None:
    for rows in bundle.rows.values():
        row = rows[0]
        for key in ("image", "file_name", "images", "ids"):
            if isinstance(row.get(key), str):
                row[key] = "../../outside.jpg"
            elif key == "image" and isinstance(row.get(key), dict) and "file" in row[key]:
                row[key]["file"] = "/etc/image.jpg"
            elif key == "images" and isinstance(row.get(key), list):
                row[key][0] = "../outside.jpg" if isinstance(row[key][0], str) else {**row[key][0], "file_name": "../x"}
        if bundle.format.name == "openai":
            row["messages"][0]["content"][1]["image_url"]["url"] = "/local/image.jpg"
        elif bundle.format.name in ("oumi", "messages-parts-lines"):
            key = "image" if "image" in row["messages"][0]["content"][0] else "content"
            row["messages"][0]["content"][0][key] = "/local/image.jpg"


def _another_type(bundle: Damaged) -> None:
    target = bundle.first[-1]
    if bundle.files[0].suffix == ".parquet":
        _replace_column(bundle)
    elif isinstance(target.get("data"), dict):
        target["data"]["image_id"] = 7
    elif isinstance(target.get("annotations"), list):
        target["annotations"][0]["question_type"] = 7
    else:
        key = next(key for key, value in target.items() if isinstance(value, str))
        target[key] = 7


def _replace_column(bundle: Damaged) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = bundle.files[0]
    table = pq.read_table(path)
    numbers = pa.array(range(len(table)), pa.int64())
    pq.write_table(table.set_column(table.schema.get_field_index("id"), "id", numbers), path)
    del bundle.rows[path]


def _remove_a_key(bundle: Damaged) -> None:
    rows = bundle.first
    if "data" in rows[0]:
        rows = [row["data"] for row in rows if isinstance(row["data"], dict)]
    elif isinstance(rows[0].get("annotations"), list):
        rows = rows[0]["annotations"]
    key = next(key for key, value in rows[-1].items() if isinstance(value, str | list))
    for row in rows:
        del row[key]


def _untyped_list(bundle: Damaged) -> None:
    for rows in bundle.rows.values():
        for row in rows:
            row["extra"] = []


def _untyped_column(bundle: Damaged) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = bundle.files[0]
    table = pq.read_table(path)
    pq.write_table(table.append_column("extra", pa.nulls(len(table))), path)
    del bundle.rows[path]


def _image_in_two_splits(bundle: Damaged) -> None:
    if bundle.format.name in ("vqa-v2", "coco-captions"):
        for name in ("questions", "images"):
            for parts in _parts(bundle, name):
                parts[0]["image_id" if name == "questions" else "id"] = 1
        return
    shards = [path for path in bundle.files if bundle.rows[path]]
    path, other = _same_file_of_two_splits(shards)
    first, second = bundle.rows[path][0], bundle.rows[other][0]
    if path.suffix == ".txt":
        image = next(file for file in path.parent.iterdir() if file.suffix not in (".txt", ".jsonl"))
        (other.parent / image.name).write_bytes(image.read_bytes())
    elif path.suffix == ".tar":
        second["name"], bundle.rows[other][1]["name"] = first["name"], bundle.rows[path][1]["name"]
    elif "messages" in first and not {"image", "images"} & first.keys():
        second["messages"][0] = first["messages"][0]
    else:
        key = next(key for key in ("image_path", "image", "images", "file_name") if key in first)
        second[key] = first[key]


def _same_file_of_two_splits(paths: list[Path]) -> list[Path]:
    def without_split(path: Path) -> str:
        name = f"{path.parent.name}/{path.name}"
        for split in ("train", "validation", "valid", "test"):
            name = name.replace(split, "")
        return name

    first = paths[0]
    if first.suffix == ".txt":
        return [first, next(path for path in paths if path.parent != first.parent)]
    return [first, next(path for path in paths if path != first and without_split(path) == without_split(first))]


def _truncate(bundle: Damaged) -> None:
    path = bundle.files[0]
    data = path.read_bytes()
    if path.suffix == ".tar":
        row = next(row for row in bundle.first if isinstance(row["data"], dict))
        row["data"] = b'{"qa": [NaN'
        return
    path.write_bytes(b"\xff\xfe" + data if path.suffix in (".txt", ".csv", ".tsv") else data[: len(data) // 2])
    del bundle.rows[path]


def _turns(row: dict[str, Any]) -> tuple[list[dict[str, Any]], str, str]:
    for key in ("conversations", "messages", "prompt"):
        if isinstance(row.get(key), list):
            return (
                row[key],
                "value" if key == "conversations" else "content",
                "from" if key == "conversations" else "role",
            )
    return row.get("texts", []), "user", ""


def _no_token(bundle: Damaged) -> None:
    if isinstance(prompt := bundle.first[0].get("prompt"), str):
        bundle.first[0]["prompt"] = prompt.replace("<image>", "")
        return
    turns, text, _ = _turns(bundle.first[0])
    turns[0][text] = turns[0][text].replace("<image>", "")


def _token_at_the_end(bundle: Damaged) -> None:
    turns, text, _ = _turns(bundle.first[0])
    turns[0][text] = turns[0][text].replace("<image>", "") + "<image>"


def _wrong_roles(bundle: Damaged) -> None:
    turns, _, role = _turns(bundle.first[0])
    if not role:
        bundle.first[0]["texts"] = []
    else:
        turns[0][role] = "system"


def _gray_image(bundle: Damaged) -> None:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG")
    _other_image(bundle, buffer.getvalue())


def _other_image(bundle: Damaged, data: bytes) -> None:
    for path in bundle.root.rglob("*"):
        if path.suffix in (".jpg", ".png", ".webp"):
            path.write_bytes(data)
            return
    row = bundle.first[0]
    if "data" in row:
        row["data"] = data
    elif bundle.format.name == "vlmevalkit":
        # A longer text than the index of another row.
        row["image"] = base64.b64encode(data).decode()
    else:
        image = row["image"] if "image" in row else row["images"][0]
        image["bytes"] = data


def _same_answers(bundle: Damaged) -> None:
    row = bundle.first[0]
    if "chosen" in row:
        row["rejected"] = row["chosen"]
    elif "rejected_response" in row:
        row["rejected_response"] = row["messages"][-1]["content"]
    else:
        # KTO rows have one answer; the check is for pairs.
        raise NoSuchDamageError


def _text_as_label(bundle: Damaged) -> None:
    row = bundle.first[0]
    key = next((key for key in ("kto_tag", "label") if key in row), None)
    if key is None:
        raise NoSuchDamageError
    row[key] = "true"


def _image_in_the_second_turn(bundle: Damaged) -> None:
    row = max(bundle.first, key=lambda row: len(row["messages"]))
    url = "data:image/jpeg;base64," + base64.b64encode(b"x").decode()
    row["messages"][1]["content"] = [{"type": "image_url", "image_url": {"url": url}}]


def _text_ids(bundle: Damaged) -> None:
    for parts in _parts(bundle):
        parts[0]["question_id" if "question_id" in parts[0] else "id"] = "12"


def _other_ids(bundle: Damaged) -> None:
    for rows in bundle.rows.values():
        if isinstance(rows[0].get("annotations"), list):
            rows[0]["annotations"][0]["image_id"] = 1


def _wrong_majority(bundle: Damaged) -> None:
    for rows in bundle.rows.values():
        if isinstance(rows[0].get("annotations"), list):
            rows[0]["annotations"][0]["multiple_choice_answer"] = "something else"


def _no_sizes(bundle: Damaged) -> None:
    bundle.first[0]["images"][0]["width"] = 0


def _raw_sizes(bundle: Damaged) -> None:
    image = bundle.first[0]["images"][0]
    image["width"], image["height"] = image["height"], image["width"]


def _remove_a_member(bundle: Damaged) -> None:
    del bundle.first[1]


def _video_for_an_image(bundle: Damaged) -> None:
    parts = [part for turn in bundle.first[0]["messages"] for part in turn["content"] if isinstance(part, dict)]
    parts[0]["type"] = "video"


def _another_checker(bundle: Damaged) -> None:
    row = bundle.first[0]
    if "verifier" in row:
        row["verifier"] = row["verifier"].replace('"checker": "', '"checker": "no ')
    else:
        row.get("extra_info", row)["checker"] = "iou" if "iou" not in repr(row) else "number"


def _box_without_area(bundle: Damaged) -> None:
    row = bundle.first[0]
    if "objects" in row:
        row["objects"]["bbox"][0] = [5, 5, 1, 1]
    else:
        row["conversations"][1]["value"] = '[{"bbox_2d": [5, 5, 1, 1], "label": "cup"}]'


def _image_of_no_row(bundle: Damaged) -> None:
    next(row for row in bundle.first if len(row["image"]) < 65)["image"] = "12"


def _ratings_too_few(bundle: Damaged) -> None:
    bundle.first[0]["relevance_ratings"] = []


def _remove_features(bundle: Damaged) -> None:
    import pyarrow.parquet as pq

    path = bundle.files[0]
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)
    del bundle.rows[path]


class NoSuchDamageError(Exception):
    """The format has nothing that the check examines."""


WAYS: dict[str, Callable[[Damaged], None]] = {
    base.COUNTS_MATCH: _lose_a_row,
    base.IDS_UNIQUE: _repeat_an_id,
    base.NOTHING_EMPTY: lambda bundle: bundle.known(lambda text: " \n", *_KNOWN),
    base.PATHS_VALID: _unsafe_path,
    base.ONE_TYPE: _another_type,
    base.SAME_KEYS: _remove_a_key,
    base.LISTS_TYPED: lambda b: _untyped_column(b) if b.files[0].suffix == ".parquet" else _untyped_list(b),
    base.SPLITS_DISJOINT: _image_in_two_splits,
    base.VALID_FILES: _truncate,
    base.TOKENS_MATCH: _no_token,
    base.TOKEN_FIRST: _token_at_the_end,
    base.NO_CONTROL_WORD: lambda bundle: bundle.known(
        lambda text: f"{text} <image>", KNOWN_ANSWER, "as json?", "by a person."
    ),
    base.TURNS_ALTERNATE: _wrong_roles,
    base.IMAGES_UPRIGHT: _gray_image,
    conversations.INFO_MATCHES: lambda bundle: (bundle.root / "dataset_info.json").unlink(),
    conversations.DATA_URLS: _image_in_the_second_turn,
    preference.ANSWERS_DIFFER: _same_answers,
    preference.LABELS_BOOLEAN: _text_as_label,
    hugging_face.ONE_METADATA_FILE: lambda b: (b.root / "train" / "metadata.csv").write_text("file_name\n") and None,
    hugging_face.EVERY_IMAGE_LISTED: lambda b: (b.root / "train" / "images" / "new.jpg").write_bytes(b"x") and None,
    hugging_face.FEATURES_DECLARED: _remove_features,
    hugging_face_chat.RATINGS_PARALLEL: _ratings_too_few,
    hugging_face_chat.PARTS_MATCH: _video_for_an_image,
    verifiable.PASSED_BY_ITSELF: _another_checker,
    grounding.BOXES_INSIDE: _box_without_area,
    grounding.PLACES_MATCH: lambda bundle: bundle.first[0]["objects"]["ref"].pop() and None,
    vlmevalkit.IMAGES_FOUND: _image_of_no_row,
    documents.IDS_ARE_INTEGERS: _text_ids,
    documents.FILES_AGREE: _other_ids,
    documents.ANSWERS_COUNTED: _wrong_majority,
    documents.SIZES_POSITIVE: _no_sizes,
    documents.SIZES_MATCH: _raw_sizes,
    files.SAMPLES_WHOLE: _remove_a_member,
    files.ONE_LINE: lambda bundle: bundle.first[0].update(caption="one\ntwo\n"),
    files.NO_FORMULA: lambda bundle: bundle.first[0].update(question="=1+1"),
}
