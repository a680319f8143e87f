"""How many planted wrong answers tools contradict, and how many right ones.

    python bench/tool_opinions.py --labeled FOLDER [--texts 60]

The folder has photographs with labels as ``bench/see.py`` reads them. For each part it is asked whether each label is
there, and as many that are not (every second one of the ten most common), and how many there are; one answer in ten is
made wrong, in ten draws. Lines of English and Turkish text are rendered as ``bench/ocr.py`` does, and one letter or
digit of one line in ten is changed. ``vitrine models add objects`` brings the model; whether it was trained on a part
of the photographs is for the reader to know: the CenterNet was trained on train2017 of COCO.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.ocr import LATIN_FONTS, LINES_PER_IMAGE, drawn, sentences
from bench.see import labels_of, seen_in
from core.checks.tool_opinions.opinions import Opinion, opinions, read_in_image
from core.checks.tool_opinions.thresholds import DEFAULTS
from core.checks.tool_opinions.wrong import misread, wrong_answers
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import LABELS, Asked, Vocabulary, read_question, vocabulary
from core.vision.analyzers.text import read_lines

DRAWS, WRONG = 10, 0.1
Case = tuple[str, Callable[[str], list[Opinion]], Callable[[str], list[str]]]
"""A right answer, what tools say of an answer, and wrong answers in the place of a right one."""


def about_objects(folder: Path, part: str, topic: str, scenes: dict[Path, Scene]) -> list[Case]:
    """Return questions of a topic about the labels of each photograph."""
    words, rng, cases = vocabulary("en"), random.Random(part), list[Case]()
    truths = {path: labels_of(folder, path) for path in scenes}
    common = [label for label, _ in Counter(label for truth in truths.values() for label in truth).most_common(10)]
    for path, truth in truths.items():
        absent = [label for label in LABELS if label not in truth]
        popular = [label for label in common if label not in truth]
        others = [rng.choice(popular if number % 2 and popular else absent) for number in range(len(truth))]
        asked = [(label, str(len(truth[label])) if topic == "count" else "Yes") for label in truth]
        for label, answer in [*asked, *((label, "No") for label in others if topic == "present")]:
            asked_of = read_question(words.question(topic, label), "en")
            if asked_of is not None:
                cases.append((answer, partial(_of_objects, asked_of, scenes[path]), partial(wrong_answers, *asked_of)))
    return cases


def _of_objects(asked: tuple[Asked, Vocabulary], scene: Scene, answer: str) -> list[Opinion]:
    return opinions(*asked, answer, scene)


def _of_text(scene: Scene, answer: str) -> list[Opinion]:
    return read_in_image(answer, scene)


def about_texts(language: str, count: int) -> list[Case]:
    """Return rendered lines, each as the answer to a question about the text of its image."""
    texts, rng, cases = sentences(language, count), random.Random(f"{language} images"), list[Case]()
    with tempfile.TemporaryDirectory() as directory:
        for start in range(0, count, LINES_PER_IMAGE):
            image, lines = drawn(texts[start : start + LINES_PER_IMAGE], LATIN_FONTS, rng)
            path = Path(directory) / f"{start}.png"
            image.save(path)
            scene = Scene.of({"size": image.size, "lines": read_lines(path, "PNG"), "tools": {"text": "rapidocr"}})
            cases += [(line.text, partial(_of_text, scene), misread) for line in lines]
    return cases


def report(name: str, cases: Sequence[Case]) -> None:
    """Print what the default thresholds find among planted wrong answers."""
    counts: Counter[str] = Counter()
    for draw in range(DRAWS):
        rng = random.Random(draw)
        for truth, tell, make_wrong in cases:
            is_wrong = rng.random() < WRONG
            given = tell(rng.choice(make_wrong(truth)) if is_wrong else truth)
            against = any(one.agreement <= DEFAULTS[one.tool].contradict for one in given)
            supports = given and all(one.agreement >= DEFAULTS[one.tool].support for one in given) and not against
            counts.update({"all": 1, "wrong": is_wrong, "flagged": against, "found": against and is_wrong,
                           "supported": bool(supports), "missed": bool(supports) and is_wrong})  # fmt: skip
    print(
        f"  {name:22} {len(cases):4} answers, {counts['flagged'] / counts['all']:5.1%} contradicted, "
        f"{counts['found'] / max(counts['flagged'], 1):4.0%} of these are wrong, "
        f"{counts['found'] / max(counts['wrong'], 1):4.0%} of the wrong ones found; "
        f"{counts['supported'] / counts['all']:4.0%} supported, {counts['missed'] / max(counts['supported'], 1):.1%} "
        "of these are wrong"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labeled", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=60, help="rendered lines of each language")
    chosen = parser.parse_args()
    for part in sorted(path.name for path in (chosen.labeled / "images").iterdir()):
        print(part)
        paths = sorted((chosen.labeled / "images" / part).glob("*.jpg"))
        scenes = {path: Scene.of(seen_in(str(path), ("objects",))) for path in paths}
        for topic in ("present", "count"):
            report(topic, about_objects(chosen.labeled, part, topic, scenes))
    print("rendered text")
    for language in ("en", "tr"):
        report(language, about_texts(language, chosen.texts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
