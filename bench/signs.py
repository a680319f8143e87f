"""Photographs with signs whose texts are known.

A sign has one or two lines in a face of DejaVu or a Chinese one, and is 3 to 10 % of the height of the photograph for
each line. It is seen from the side, turned by up to 8 degrees, a little blurred, and saved as JPEG of 60 to 90. Its
colors are from black on white to a contrast of about 2.
"""

import io
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter, ImageFont

TEXTS: dict[str, Sequence[str]] = {
    "en": (
        "EXIT", "Café Central", "No parking", "OPEN 24 HOURS", "Platform {n}", "City Museum", "FRESH FISH",
        "Sale {n} %", "Quiet please", "North Gate", "Room {n}", "Mind the step", "Bus stop {n}", "Staff only",
        "Ring the bell", "Max. {n} kg", "Farm shop\nEggs and honey", "Harbor Office\nMon to Fri",
        "Private road\nKeep out", "Lane {n}\nSlow",
    ),
    "tr": (
        "ÇIKIŞ", "Hoş geldiniz", "Bilet gişesi", "Park yapılmaz", "Açık", "Eczane", "Taze balık", "Giriş {n}",
        "Lütfen sessiz olun", "İstasyon", "Oda {n}", "Dikkat köpek var", "Durak {n}", "Kapı {n}", "Müze",
        "Şehir merkezi", "Köy ürünleri\nBal ve yumurta", "Otopark\n{n} TL", "Işıklı sokak\nYavaş",
        "Kütüphane\nHaftada {n} gün",
    ),
    "zh-CN": (
        "出口", "请勿吸烟", "小心地滑", "欢迎光临", "售票处", "停车场", "新鲜水果", "{n}号站台", "请保持安静", "图书馆",
        "房间{n}", "禁止入内", "营业中", "洗手间", "市博物馆", "限速{n}公里", "农家小店\n鸡蛋和蜂蜜",
        "港务办公室\n周一至周五", "私人道路\n禁止通行", "打{n}折\n今日特价",
    ),
}  # fmt: skip
COLORS = (
    ("black", "white"), ("#1a1a1a", "#d8c020"), ("white", "#1f4fa0"), ("white", "#a02020"), ("#f4f0e0", "#2c5a3a"),
    ("#5a4632", "#c9b48c"), ("#8a8f94", "#e4e6e8"), ("#9fb4c8", "#40586e"),
)  # fmt: skip
LATIN = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSansCondensed.ttf", "DejaVuSansMono.ttf")
CHINESE = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc", "DroidSansFallbackFull.ttf")
_SIMPLIFIED = 2
"""The face of simplified Chinese in the collections of Noto."""


class Sign(NamedTuple):
    """A photograph with a sign, with what is written on it and in which language."""

    path: Path
    text: str
    language: str


def draw_signs(photographs: Sequence[Path], count: int, directory: Path, rng: random.Random) -> list[Sign]:
    """Draw *count* signs, each on one of *photographs* in turn, into *directory*."""
    signs = []
    languages = list(TEXTS)
    for number in range(count):
        language = languages[number % len(languages)]
        text = rng.choice(TEXTS[language]).format(n=rng.randint(2, 98))
        path = directory / f"{number:04}.jpg"
        path.write_bytes(with_sign(photographs[number % len(photographs)], text, rng))
        signs.append(Sign(path, text, language))
    return signs


def with_sign(photograph: Path, text: str, rng: random.Random) -> bytes:
    """Return a photograph as JPEG with a sign on it."""
    with Image.open(photograph) as opened:
        image = opened.convert("RGB")
    sign = _seen_from_the_side(_sign(text, image.height * rng.uniform(0.03, 0.1), rng), rng)
    if sign.width > 0.9 * image.width:
        sign = sign.resize((round(0.9 * image.width), round(0.9 * image.width * sign.height / sign.width)))
    image.paste(sign, (rng.randint(0, image.width - sign.width), rng.randint(0, image.height - sign.height)), sign)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=rng.randint(60, 90))
    return encoded.getvalue()


def _sign(text: str, line_px: float, rng: random.Random) -> Image.Image:
    ink, paper = rng.choice(COLORS)
    is_latin = max(text) < "\u2e80"
    font = _font(LATIN if is_latin else CHINESE, round(line_px), rng)
    measure = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = measure.multiline_textbbox((0, 0), text, font, align="center")
    margin = round(0.5 * line_px)
    sign = Image.new("RGBA", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin), paper)
    ImageDraw.Draw(sign).multiline_text((margin - left, margin - top), text, ink, font, align="center")
    return sign


def _seen_from_the_side(sign: Image.Image, rng: random.Random) -> Image.Image:
    """Return the sign with one side up to a quarter lower than the other, narrower, turned and blurred."""
    width, height = sign.size
    pad = 0.5 * rng.uniform(0, 0.25) * height / 0.75
    far_left = rng.random() < 0.5
    corners = (
        (0, -pad, 0, height + pad, width, height, width, 0) if far_left
        else (0, 0, 0, height, width, height + pad, width, -pad)
    )  # fmt: skip
    seen = sign.transform(sign.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    seen = seen.resize((round(width * rng.uniform(0.75, 1)), height), Image.Resampling.LANCZOS)
    turned = seen.rotate(rng.uniform(-8, 8), expand=True, resample=Image.Resampling.BICUBIC)
    return turned.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))


def _font(names: Sequence[str], size_px: int, rng: random.Random) -> ImageFont.FreeTypeFont:
    for name in rng.sample(names, len(names)):
        try:
            return ImageFont.truetype(name, size_px, _SIMPLIFIED if name.endswith(".ttc") else 0)
        except OSError:
            continue
    sys.exit(f"No font was found. Install one of: {', '.join(names)}.")
