"""How often offline/see answers, and how often it is wrong, by kind of question.

    python bench/see.py --labeled FOLDER
    python bench/see.py --signs FOLDER [--signs FOLDER] [--count 180] [--seed TEXT]
    python bench/see.py --sample FOLDER

The first form asks about photographs with labels in the form of YOLO (``images/PART/*.jpg``, ``labels/PART/*.txt``,
with the classes of COCO), for each part: whether a label is there, for those that are and for as many that are not,
every second of these one of the ten most common; how many there are; and where those are that are there once. A place
is right when the center of a labeled box is in the third that is named, or at most a twelfth of the side outside.
The second form puts signs with known texts (``bench/signs.py``) on photographs in which no text is read, and asks
in the language of the sign what is written, whether there is text, and whether its text or another one is there. The
third form asks the questions of ``truth.json`` of the sample, and lists those that are answered.

``vitrine models add objects`` brings the model.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from PIL import Image

from bench.signs import TEXTS, Sign, draw_signs
from bench.vision import objects_model
from core.llm.offline.see.answers import folded
from core.llm.offline.see.replies import reply
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import LABELS, vocabulary
from core.vision.analyzers.objects import analysis_of, find_objects
from core.vision.analyzers.text import read_lines

Seen = dict[str, Any]
Tally = dict[str, Counter[str]]
Box = tuple[float, float, float, float]
"""Center and size as shares of the sides."""
NUMBERS = {"none": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"}


def seen_in(path: str, parts: tuple[str, ...]) -> Seen:
    """Return what the tools find in an image, in the form that requests bring along."""
    file = Path(path)
    with Image.open(file) as image:
        size = image.size
    found: Seen = {"size": list(size), "tools": {"text": "rapidocr", "objects": ""}}
    if "text" in parts:
        found["lines"] = read_lines(file, "JPEG")
    if "objects" in parts:
        model = objects_model()
        result = analysis_of(find_objects(model.path, model.version, file, "JPEG", size)).result
        found |= {"objects": result["items"], "faint": result.get("faint")}
        found["tools"]["objects"] = model.version
    return found


def ask(seen: Seen, path: Path, questions: list[str], language: str = "en") -> list[str]:
    """Return the answers; "" for those that are not sure."""
    with Image.open(path) as image:
        image.load()
        details = {"language": language, "questions": questions, "seen": seen}
        given = json.loads(reply(image, "answers", details))["answers"]
    return ["" if one["doubt"] else str(one["answer"]) for one in given]


def labels_of(folder: Path, path: Path) -> dict[str, list[Box]]:
    """Return the boxes of each label of an image."""
    file = folder / "labels" / path.relative_to(folder / "images").with_suffix(".txt")
    found: dict[str, list[Box]] = defaultdict(list)
    for line in file.read_text().splitlines() if file.exists() else ():
        number, *sides = line.split()[:5]
        x, y, width, height = map(float, sides)
        found[LABELS[int(number)]].append((x, y, width, height))
    return found


def ask_about_objects(folder: Path, part: str, pool: ProcessPoolExecutor) -> Tally:
    """Ask about the labels of one part, and return how many questions of each kind were right, wrong and not sure."""
    paths = sorted((folder / "images" / part).glob("*.jpg"))
    truths = [labels_of(folder, path) for path in paths]
    common = [label for label, _ in Counter(label for truth in truths for label in truth).most_common(10)]
    rng, words = random.Random(part), vocabulary("en")
    tally: Tally = defaultdict(Counter)
    everything = pool.map(seen_in, map(str, paths), [("objects",)] * len(paths))
    for path, truth, seen in zip(paths, truths, everything, strict=True):
        absent = [label for label in LABELS if label not in truth]
        popular = [label for label in common if label not in truth]
        others = [rng.choice(popular if number % 2 and popular else absent) for number in range(len(truth))]
        for label in (*truth, *others):
            topics = ["present", "count", *(["place"] if len(truth.get(label, ())) == 1 else [])]
            answers = ask(seen, path, [words.question(topic, label) for topic in topics])
            for topic, given in zip(topics, answers, strict=True):
                kind = f"{topic}, {'there' if label in truth else 'not there'}"
                tally[kind][_verdict(topic, given, truth.get(label, []))] += 1
    return tally


def _verdict(topic: str, given: str, boxes: list[Box]) -> str:
    if not given:
        return "not sure"
    if topic == "place":
        return "right" if any(_is_at(given, box) for box in boxes) else "wrong"
    truth = str(len(boxes)) if topic == "count" else "Yes" if boxes else "No"
    return "right" if given == truth else "wrong"


def _is_at(given: str, box: Box) -> bool:
    said = given.lower()
    across = 0 if "left" in said else 2 if "right" in said else 1
    down = 0 if "top" in said else 2 if "bottom" in said else 1
    return all(
        third / 3 - 1 / 12 <= center <= (third + 1) / 3 + 1 / 12
        for third, center in ((across, box[0]), (down, box[1]))
    )  # fmt: skip


def ask_about_texts(folders: Sequence[Path], count: int, seed: str, pool: ProcessPoolExecutor) -> dict[str, Tally]:
    """Ask about signs on photographs in which no text is read, and return each half of them by kind."""
    paths = sorted(path for folder in folders for path in folder.rglob("*.jpg"))
    found = pool.map(seen_in, map(str, paths), [("text",)] * len(paths))
    plain = [path for path, seen in zip(paths, found, strict=True) if not Scene.of(seen).read()]
    random.Random("photographs").shuffle(plain)
    halves: dict[str, Tally] = {"first half": defaultdict(Counter), "second half": defaultdict(Counter)}
    with tempfile.TemporaryDirectory() as directory:
        signs = draw_signs(plain, count, Path(directory), random.Random(seed))
        print(f"{len(signs)} signs on {len(plain)} photographs of {len(paths)}, in which no text is read")
        read = pool.map(seen_in, [str(sign.path) for sign in signs], [("text",)] * len(signs))
        for number, (sign, seen) in enumerate(zip(signs, read, strict=True)):
            # A photograph is in one half only.
            half = halves["first half" if number % len(plain) < len(plain) / 2 else "second half"]
            ask_about_sign(sign, seen, number, half)
    return halves


def ask_about_sign(sign: Sign, seen: Seen, number: int, tally: Tally) -> None:
    """Ask what is written, whether there is text, and whether this and another text are there, in its language."""
    words = vocabulary(sign.language)
    texts = [text for text in TEXTS[sign.language] if "{" not in text and text != sign.text]
    own, other = (text.replace("\n", " ") for text in (sign.text, random.Random(number).choice(texts)))
    asked = [words.question("written", wording=number // 3), words.question("has_text"),
             words.question("says", text=own), words.question("says", text=other)]  # fmt: skip
    given = ask(seen, sign.path, asked, sign.language)
    yes, no = words.text("yes"), words.text("no")
    is_so = words.text("is_so")
    verdicts = [_compared(one, truth) for one, truth in zip(given, (sign.text, yes, is_so, no), strict=True)]
    names = ("what is written", "is there text", "is this text there, it is", "is this text there, it is not")
    for name, verdict in zip(names, verdicts, strict=True):
        tally["text questions"][verdict] += 1
        tally[name][verdict] += 1
        tally[f"  {name}, {sign.language}"][verdict] += 1
    if "wrong" in verdicts:
        print(f"  wrong: {sign.text!r} read as {[line['text'] for line in seen['lines']]}: {given}")


def _compared(given: str, truth: str) -> str:
    return "not sure" if not given else "right" if folded(given) == folded(truth) else "wrong"


def print_tally(tally: Tally) -> None:
    for kind, counts in tally.items():
        answered = counts["right"] + counts["wrong"]
        print(
            f"  {kind:32} {sum(counts.values()):4} asked, {answered / max(sum(counts.values()), 1):4.0%} answered, "
            f"{counts['wrong']:3} wrong = {counts['wrong'] / max(answered, 1):.1%} of the answers"
        )


def ask_sample(folder: Path, pool: ProcessPoolExecutor) -> None:
    """Ask the questions of the sample, and list what was answered."""
    images = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["images"]
    paths = [folder / image["file"] for image in images]
    found = pool.map(seen_in, map(str, paths), [("text", "objects")] * len(paths))
    tally: Tally = defaultdict(Counter)
    contradicted = 0
    for image, path, seen in zip(images, paths, found, strict=True):
        answers = ask(seen, path, [question["question"] for question in image["questions"]])
        for question, given in zip(image["questions"], answers, strict=True):
            truth = question.get("right_answer") or question["answer"]
            verdict = "not sure" if not given else "right" if _agrees(given, truth) else "wrong"
            tally[question["kind"]][verdict] += 1
            contradicted += bool(question.get("wrong") and given and not _agrees(given, question["answer"]))
            if given:
                print(f"  {verdict}: {path.name}: {question['question']} {given!r}, the truth is {truth!r}")
        colors(image, path, seen, tally)
    print_tally(tally)
    print(f"  {contradicted} of {sum('wrong' in q for i in images for q in i['questions'])} wrong answers contradicted")


def colors(image: dict[str, Any], path: Path, seen: Seen, tally: Tally) -> None:
    """Count the colors of the things of the sample, by their true boxes."""
    with Image.open(path) as opened:
        scene = Scene.of({"size": seen["size"]}, opened.convert("RGB"))
    for thing in image["objects"]:
        color = scene.color({"label": thing["label"], "xyxy": thing["box"]})
        truth = thing["color"].split(",")[0]
        verdict = "not sure" if color is None else "right" if color in truth else "wrong"
        tally["color, by true boxes"][verdict] += 1
        if verdict == "wrong":
            print(f"  color: {path.name}: {thing['label']} {color!r}, the truth is {thing['color']!r}")


def _agrees(given: str, truth: str) -> bool:
    """Return whether an answer says the same as the true one, which may be a sentence."""
    said, true = folded(given), truth.lower().strip(". ")
    first = true.split()[0].strip(":,")
    return said in (folded(true), NUMBERS.get(first, first)) or (len(said) > 2 and said in folded(true))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labeled", type=Path)
    parser.add_argument("--sample", type=Path)
    parser.add_argument("--signs", type=Path, action="append", help="a folder of photographs")
    parser.add_argument("--count", type=int, default=180, help="signs")
    parser.add_argument("--seed", default="signs", help="other signs for another text")
    chosen = parser.parse_args()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        if chosen.sample:
            print("sample")
            ask_sample(chosen.sample, pool)
        for part in sorted(path.name for path in (chosen.labeled / "images").iterdir()) if chosen.labeled else ():
            print(part)
            print_tally(ask_about_objects(chosen.labeled, part, pool))
        for half, tally in (
            ask_about_texts(chosen.signs, chosen.count, chosen.seed, pool).items() if chosen.signs else ()
        ):
            print(half)
            print_tally(tally)
    return 0


if __name__ == "__main__":
    sys.exit(main())
