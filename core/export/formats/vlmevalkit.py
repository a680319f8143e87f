"""VLMEvalKit: a TSV with the images inside; a row after the first one of an image refers to it by its index."""

import base64
import json
from collections.abc import Iterable

from core.export.checks.vlmevalkit import VlmEvalKitChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import ONE_QUESTION, QWEN_MAX_ASPECT_RATIO, Format, answer_text, question_text
from core.export.formats.verifiable import arguments_text, is_later_turn
from core.export.formats.vqa_v2 import integer_id
from core.export.writing.files import TsvWriter
from core.verifiers import verifier_of

LATER_TURN = "it is a later turn, and a row of VLMEvalKit asks one question"
READ_AS_MISSING = "VLMEvalKit reads its question or answer as a missing value"
# What pandas.read_csv takes for a missing value, by pandas/_libs/parsers.pyx (STR_NA_VALUES) of pandas 3.
_MISSING = frozenset({
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
})  # fmt: skip


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry, with the checker of its answer where it has one."""
    first: int | None = None
    for entry in group.entries:
        if leaves_out(entry, group):
            continue
        index = integer_id(entry.id)
        # Turns of one conversation may have different images; only entries of one image share them.
        shared = not group.further
        verifier = verifier_of(entry.answer, entry.answer_type, entry.kind, entry.language)
        images = group.embedded([entry])
        yield {
            "index": index,
            "question": _cell(question_text(entry, images=0)),
            "answer": _cell(answer_text(entry)),
            "checker": verifier.checker if verifier else "",
            "arguments": arguments_text(verifier) if verifier else "",
            "id": entry.id,
            "image_path": _one_or_list([_png(image["path"]) for image in images]),
            "image": str(first) if shared and first is not None else _one_or_list([_base64(image) for image in images]),
        }
        first = index if first is None else first


def _cell(text: str) -> str:
    """Return *text* without NUL, at which readers in C end a cell."""
    return text.replace("\0", "")


def _base64(image: Row) -> str:
    return base64.b64encode(image["bytes"]).decode("ascii")


def _png(path: str) -> str:
    """Return the name under which VLMEvalKit stores an image; it encodes it anew, as PNG without loss."""
    return f"{path.rpartition('.')[0]}.png"


def _one_or_list(values: list[str]) -> str:
    return values[0] if len(values) == 1 else json.dumps(values)


def leaves_out(entry: Entry, group: ImageGroup) -> str:
    """Return why there is no row for an entry; empty when there is one."""
    texts = (_cell(question_text(entry, images=0)), _cell(answer_text(entry)))
    if any(text in _MISSING or not text.strip() for text in texts):
        return READ_AS_MISSING
    return LATER_TURN if is_later_turn(entry, group) else ""


FORMAT = Format(
    name="vlmevalkit",
    label="VLMEvalKit",
    help="A TSV with questions, answers and the images inside.",
    purpose="evaluate",
    install=(
        "git clone https://github.com/open-compass/VLMEvalKit && git -C VLMEvalKit checkout -q e8e78f05\n"
        "pip install -e VLMEvalKit"
    ),
    load="LMUData={dir} python3 VLMEvalKit/run.py --data {stem} --model Qwen2.5-VL-3B-Instruct --mode infer",
    load_language="bash",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("VLMEvalKit e8e78f05",),
    rows=rows,
    writer=TsvWriter,
    checker=VlmEvalKitChecker,
    row_endings=("tsv",),
    image_modes=("path",),
    reads_several_images=True,
    # It saves each image as PNG, which cannot be CMYK: one such original ends the run.
    reads_originals=False,
    hints=(
        "VLMEvalKit asks the questions of a custom data set but has no score for its answers: use --mode infer, and "
        "the columns checker and arguments with reward.py of an export for rewards.",
        "VLMEvalKit guesses types: when all answers are numbers, it reads 007 as 7 and, beside 3.5, 7 as 7.0.",
    ),
    no_rows_reason=READ_AS_MISSING,
    leaves_out=leaves_out,
    not_carried=ONE_QUESTION,
)
