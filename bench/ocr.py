"""Reading text: rendered lines of four languages, and the words in a labeled folder of images.

A line counts as read when what was found at its place is exactly its text, after NFKC and without spaces: the
recognizer keeps no spaces between Chinese words. Lines are drawn at random sizes, colors, fonts, five
on an image; sizes from 16 px are those of screenshots.

    python bench/ocr.py [--lines 200] [--language de] [--cjk-font FILE] [--wrong]
    python bench/ocr.py --labeled FOLDER

The second form reads images with a ``truth.json`` that lists their texts. Latin lines need the DejaVu fonts
(Debian's ``fonts-dejavu``), Chinese ones Noto Sans CJK (``fonts-noto-cjk``) or the file given.
"""

import argparse
import json
import random
import re
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from core.vision.analyzers.text import read_lines
from core.vision.results import TextLine

SCORE = 0.8
EXACT_AT_LEAST, FOUND_AT_LEAST = 0.95, 0.9
LINES_PER_IMAGE = 5
SIZE_WH = (1280, 720)
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
LATIN_FONTS = [_DEJAVU / f"DejaVu{name}.ttf" for name in ("Sans", "Serif", "Sans-Bold", "SansCondensed", "SansMono")]
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED = 2
"""The face of simplified Chinese in that collection; the first is that of Japanese, whose shapes differ."""
SIZES_PX = (16, 20, 24, 32, 40, 48)
INKS = (("#111111", "#ffffff"), ("#1d3557", "#f4ecdf"), ("#ffffff", "#22313f"), ("#7a1f1f", "#fff6e0"))

# Who, what they do, where or when, and a number: each sentence takes one of each.
PARTS: dict[str, tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[str]]] = {
    "en": (
        ("The ferry", "Our neighbor", "A quiet bakery", "The old lighthouse", "Every second train", "My sister's cat"),
        ("opens", "sells fresh bread", "leaves for Dublin", "was painted green", "needs new windows", "closes early"),
        ("on Monday", "at the harbor", "behind the market", "in June", "next to Gate B", "after the storm"),
        ("at {t}", "for ${p}", "(room {n})", "No. {n}", "- {n} %", "since 19{d}"),
    ),
    "de": (
        ("Die Bäckerei", "Unser Nachbar", "Der Zug nach Köln", "Das Mädchen", "Jede zweite Straße", "Frau Müller"),
        ("öffnet", "verkauft süße Äpfel", "fährt über Nürnberg", "schließt früh", "heißt Übergröße", "braucht Öl"),
        ("am Bahnhof", "in der Königsstraße", "hinter dem Schloß", "nächsten März", "außer samstags", "für Gäste"),
        ("um {t} Uhr", "für {p} €", "(Zimmer {n})", "Nr. {n}", "zu {n} %", "seit 19{d}"),
    ),
    "tr": (
        ("Küçük fırın", "Komşumuz", "İstanbul vapuru", "Yaşlı öğretmen", "Işıklı çarşı", "Çiğdem'in kardeşi"),
        ("açılıyor", "taze ekmek satıyor", "İzmir'e gidiyor", "yağmurda ıslandı", "üzüm topluyor", "erken kapanır"),
        ("pazartesi günü", "limanın yanında", "çarşının arkasında", "haziran ayında", "köprüden önce", "şehir içinde"),
        ("saat {t}", "{p} TL", "(oda {n})", "No: {n}", "%{n}", "19{d} yılından beri"),
    ),
    "zh-CN": (
        ("这家面包店", "我们的邻居", "开往上海的列车", "老灯塔", "图书馆", "她的妹妹"),
        ("今天开门", "出售新鲜水果", "正在装修", "提前关闭", "需要新的窗户", "已经出发"),
        ("在火车站旁边", "在市场后面", "从星期一开始", "下雨以后", "位于三楼", "在六月"),
        ("时间{t}", "价格{p}元", "房间{n}", "编号{n}", "打{n}折", "始于19{d}年"),
    ),
}  # fmt: skip


class Line(NamedTuple):
    """A drawn line, with the box that it takes in px."""

    text: str
    box: tuple[int, int, int, int]


def sentences(language: str, number: int) -> list[str]:
    """Return so many different lines; always the same."""
    rng = random.Random(f"{language} lines")
    found: dict[str, None] = {}
    while len(found) < number:
        numbers = {
            "t": f"{rng.randint(6, 23)}:{rng.randint(10, 59)}", "p": f"{rng.randint(2, 99)}.{rng.randint(10, 99)}",
            "n": rng.randint(2, 480), "d": rng.randint(10, 99),
        }  # fmt: skip
        parts = [rng.choice(part) for part in PARTS[language]]
        text = ("" if language == "zh-CN" else " ").join(parts).format(**numbers)
        found[text] = None
    return list(found)


def drawn(texts: Sequence[str], fonts: Sequence[Path], rng: random.Random) -> tuple[Image.Image, list[Line]]:
    """Return an image with one line below the other, and where each is."""
    ink, paper = rng.choice(INKS)
    image = Image.new("RGB", SIZE_WH, paper)
    draw = ImageDraw.Draw(image)
    lines, top = [], 20
    for text in texts:
        path = rng.choice(fonts)
        font = ImageFont.truetype(path, rng.choice(SIZES_PX), SIMPLIFIED if path.suffix == ".ttc" else 0)
        left = rng.randint(20, 80)
        if draw.textlength(text, font) > SIZE_WH[0] - left - 10:
            font = font.font_variant(size=32)
        if draw.textlength(text, font) > SIZE_WH[0] - left - 10:
            font = font.font_variant(size=24)
        box = draw.textbbox((left, top), text, font)
        draw.text((left, top), text, ink, font)
        lines.append(Line(text, (int(box[0]), int(box[1]), int(box[2]), int(box[3]))))
        top = int(box[3]) + rng.randint(30, 70)
    return image, lines


def read_text(found: Sequence[TextLine], line: Line) -> str:
    """Return what was found at the place of *line*, from left to right."""
    middle = (line.box[1] + line.box[3]) / 2
    parts = [part for part in found if part["box_xyxy"][1] <= middle <= part["box_xyxy"][3]]
    return " ".join(part["text"] for part in sorted(parts, key=lambda part: part["box_xyxy"][0]))


def plain(text: str) -> str:
    """Return *text* after NFKC, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def measure(language: str, number: int, fonts: Sequence[Path], *, show_wrong: bool) -> float:
    """Print how many rendered lines are read exactly, and return their share."""
    texts, rng, right = sentences(language, number), random.Random(f"{language} images"), 0
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        for start in range(0, number, LINES_PER_IMAGE):
            image, lines = drawn(texts[start : start + LINES_PER_IMAGE], fonts, rng)
            path = Path(directory) / f"{start}.png"
            image.save(path)
            found = read_lines(path, "PNG")
            for line in lines:
                read = read_text(found, line)
                right += (is_right := plain(read) == plain(line.text))
                if not is_right:
                    wrong.append((line, read))
    print(f"{language}: {right} of {number} lines exact ({right / number:.1%}), at least {EXACT_AT_LEAST:.0%}")
    for line, read in wrong if show_wrong else ():
        print(f"    {line.box[3] - line.box[1]} px: {line.text!r} read as {read!r}")
    return right / number


def words_of(texts: Sequence[str]) -> Iterator[str]:
    """Yield the words that the texts of an image name; "1 to 12" stands for the numbers between."""
    for text in texts:
        if span := re.match(r"(\d+) to (\d+)", text):
            yield from map(str, range(int(span[1]), int(span[2]) + 1))
        else:
            yield from (word for part in text.split() if (word := part.strip(",")) not in ("&", ""))


def compare(folder: Path, *, show_wrong: bool) -> float:
    """Print how many words of the labeled images are found at the score, and return their share."""
    images = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["images"]
    total = hit = 0
    for image in images:
        wanted = list(words_of(image["texts"] or ()))
        lines = [line for line in read_lines(folder / image["file"], "JPEG") if line["score"] >= SCORE]
        left = [plain(word).casefold() for line in lines for word in re.split(r"[\s,]+", line["text"]) if word]
        missed = []
        for word in wanted:
            key = plain(word).casefold()
            if key in left:
                left.remove(key)
            elif not _inside(key, left):
                missed.append(word)
        total, hit = total + len(wanted), hit + len(wanted) - len(missed)
        if show_wrong and (missed or (left and not wanted)):
            print(f"    {image['file']}: missed {missed}, also read {left}")
    print(f"words: {hit} of {total} found at score {SCORE} ({hit / total:.1%}), at least {FOUND_AT_LEAST:.0%}")
    return hit / total


def _inside(word: str, read: list[str]) -> bool:
    """Take *word* out of one of the words that were read together; numbers stand alone."""
    for index, one in enumerate(read):
        if len(word) > 2 and word in one:  # shorter ones are in many words
            read[index] = one.replace(word, "", 1)
            return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--language", choices=list(PARTS), action="append")
    parser.add_argument("--cjk-font", type=Path, default=CJK_FONT)
    parser.add_argument("--labeled", type=Path)
    parser.add_argument("--full", action="store_true", help="the same: 200 lines are few")
    parser.add_argument("--wrong", action="store_true", help="list what was not read")
    chosen = parser.parse_args()
    if chosen.labeled:
        return int(compare(chosen.labeled, show_wrong=chosen.wrong) < FOUND_AT_LEAST)
    is_missed = False
    for language in chosen.language or PARTS:
        fonts = [chosen.cjk_font] if language == "zh-CN" else LATIN_FONTS
        is_missed |= measure(language, chosen.lines, fonts, show_wrong=chosen.wrong) < EXACT_AT_LEAST
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
