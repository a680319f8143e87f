"""The sample project: twelve images that Vitrine draws, with questions whose answers are known.

They share a style that can be learned from them: warm paper, five flat colors, simple shapes. Their finish differs
(plain, grain, dusk), so that the style has variation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import cos, pi, sin
from typing import TYPE_CHECKING

from core.db import Database, Projects
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from core.projects import ProjectService

PAPER, INK, CLAY, MUSTARD, TEAL, SKY = "#f4ecdf", "#1d3557", "#d9653b", "#e9b44c", "#2a7f7f", "#a9cdd6"
SIZE_WH = (960, 720)
PROJECT_NAME = "Sample project"

# Supersampling: Pillow draws without anti-aliasing.
_SCALE = 2


@dataclass(frozen=True)
class Sample:
    """One drawn image."""

    name: str
    data: bytes
    """An encoded image: JPEG, PNG or WebP."""
    answers: tuple[tuple[str, str], ...]
    """Questions with their correct answers."""


def draw_samples() -> list[Sample]:
    """Draw the twelve images; the same version of Pillow gives the same bytes."""
    return [Sample(name, _encoded(name, draw, finish), answers) for name, draw, finish, answers in _SCENES]


def create_sample_project(db_session: Database) -> Projects:
    """Create a project with the twelve images and return it."""
    from core.images.service import ImageService
    from core.projects import ProjectService

    project = _new_project(ProjectService(db_session))
    samples = [(sample.name, sample.data) for sample in draw_samples()]
    ImageService(db_session).intake.add_images(project.id, samples, source="sample")
    return project


def _new_project(projects: "ProjectService") -> Projects:
    description = "Twelve drawn images to try Vitrine with."
    for number in range(1, 1000):
        try:
            return projects.create_project(PROJECT_NAME if number == 1 else f"{PROJECT_NAME} {number}", description)
        except InvalidInputError:
            continue
    raise InvalidInputError("There are too many sample projects. Delete some first.")


# --- finishing ----------------------------------------------------------------------------------------------


def _encoded(name: str, draw: Callable[["_Scaled"], None], finish: str) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIZE_WH[0] * _SCALE, SIZE_WH[1] * _SCALE), PAPER)
    draw(_Scaled(ImageDraw.Draw(image)))
    image = _finished(image.reduce(_SCALE), finish)
    buffer = BytesIO()
    format_ = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[name.rpartition(".")[2]]
    image.save(buffer, format_, quality=90)
    return buffer.getvalue()


def _finished(image: "Image", finish: str) -> "Image":
    from PIL import Image, ImageChops

    if finish == "grain":
        import numpy as np

        noise = np.random.default_rng(12).normal(0, 7, (image.height, image.width, 1))
        return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
    if finish == "dusk":
        return ImageChops.multiply(image, Image.new("RGB", image.size, "#b9a9c9"))
    return image


class _Scaled:
    """Draws in the coordinates of the finished image."""

    def __init__(self, draw: "ImageDraw") -> None:
        self._draw = draw

    def rectangle(self, box: tuple[float, ...], fill: str) -> None:
        self._draw.rectangle([value * _SCALE for value in box], fill=fill)

    def ellipse(self, box: tuple[float, ...], fill: str) -> None:
        self._draw.ellipse([value * _SCALE for value in box], fill=fill)

    def polygon(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)

    def line(self, points: Sequence[tuple[float, float]], fill: str, width: int) -> None:
        self._draw.line([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill, width=width * _SCALE, joint="curve")

    def pieslice(self, box: tuple[float, ...], start: float, end: float, fill: str) -> None:
        self._draw.pieslice([value * _SCALE for value in box], start, end, fill=fill)

    def text(self, at: tuple[float, float], text: str, size: int = 30, anchor: str = "mm") -> None:
        from PIL import ImageFont

        font = ImageFont.load_default(size * _SCALE)
        self._draw.text((at[0] * _SCALE, at[1] * _SCALE), text, fill=INK, font=font, anchor=anchor)


# --- scenes -------------------------------------------------------------------------------------------------


def _bars(draw: _Scaled) -> None:
    draw.text((480, 70), "Fruit sold today", 42)
    values = (("Apples", 4, CLAY), ("Pears", 7, TEAL), ("Plums", 3, INK), ("Cherries", 5, MUSTARD))
    for number, (label, value, color) in enumerate(values):
        left = 150 + number * 180
        draw.rectangle((left, 600 - value * 62, left + 120, 600), color)
        draw.text((left + 60, 570 - value * 62), str(value))
        draw.text((left + 60, 640), label)
    draw.line([(110, 602), (850, 602)], INK, 4)


def _pie(draw: _Scaled) -> None:
    draw.text((480, 60), "How people come to work", 42)
    start = -90.0
    for label, share, color, y in (("Bicycle", 50, TEAL, 270), ("Train", 30, CLAY, 350), ("Car", 20, MUSTARD, 430)):
        end = start + share * 3.6
        draw.pieslice((120, 140, 600, 620), start, end, color)
        draw.rectangle((680, y - 20, 720, y + 20), color)
        draw.text((735, y), f"{label} {share}%", 28, "lm")
        start = end


def _line(draw: _Scaled) -> None:
    draw.text((480, 60), "Visitors a month", 42)
    values = (20, 35, 30, 55, 80, 60)
    points = [(140 + number * 140, 610 - value * 5.5) for number, value in enumerate(values)]
    draw.line([(110, 610), (870, 610)], INK, 4)
    draw.line(points, CLAY, 8)
    for (x, y), month in zip(points, ("Jan", "Feb", "Mar", "Apr", "May", "Jun"), strict=True):
        draw.ellipse((x - 12, y - 12, x + 12, y + 12), INK)
        draw.text((x, 650), month)


def _shapes(draw: _Scaled) -> None:
    for x, y in ((220, 220), (480, 220), (740, 500)):
        draw.ellipse((x - 90, y - 90, x + 90, y + 90), CLAY)
    for x, y in ((740, 220), (220, 500)):
        draw.rectangle((x - 85, y - 85, x + 85, y + 85), TEAL)
    draw.polygon([(480, 405), (385, 590), (575, 590)], MUSTARD)


def _bottles(draw: _Scaled) -> None:
    draw.rectangle((0, 0, 960, 720), SKY)
    draw.rectangle((60, 560, 900, 600), INK)
    for number in range(5):
        x = 130 + number * 160
        color = CLAY if number == 3 else TEAL
        draw.rectangle((x, 330, x + 90, 560), color)
        draw.rectangle((x + 27, 220, x + 63, 340), color)
        draw.rectangle((x + 20, 200, x + 70, 225), INK)
        draw.rectangle((x, 410, x + 90, 480), PAPER)


def _mountains(draw: _Scaled) -> None:
    draw.rectangle((0, 0, 960, 720), SKY)
    draw.ellipse((700, 70, 850, 220), MUSTARD)
    draw.polygon([(-50, 720), (300, 210), (640, 720)], INK)
    draw.polygon([(380, 720), (660, 320), (1010, 720)], TEAL)
    draw.polygon([(300, 210), (238, 300), (290, 285), (330, 310), (362, 300)], PAPER)
    draw.rectangle((0, 660, 960, 720), CLAY)


def _boats(draw: _Scaled) -> None:
    draw.rectangle((0, 0, 960, 430), PAPER)
    draw.rectangle((0, 430, 960, 720), TEAL)
    for x, y, size, sail in ((280, 470, 1.0, CLAY), (680, 440, 0.7, MUSTARD)):
        draw.polygon([(x - 120 * size, y), (x + 120 * size, y), (x + 80 * size, y + 60 * size),
                      (x - 80 * size, y + 60 * size)], INK)  # fmt: skip
        draw.polygon([(x, y - 260 * size), (x, y - 20 * size), (x + 110 * size, y - 20 * size)], sail)
        draw.polygon([(x - 12, y - 220 * size), (x - 12, y - 20 * size), (x - 80 * size, y - 20 * size)], SKY)


def _house(draw: _Scaled) -> None:
    draw.rectangle((0, 0, 960, 720), SKY)
    draw.rectangle((0, 590, 960, 720), TEAL)
    draw.rectangle((240, 300, 620, 600), PAPER)
    draw.polygon([(200, 300), (430, 130), (660, 300)], CLAY)
    for x, y in ((280, 340), (510, 340), (280, 470), (510, 470)):
        draw.rectangle((x, y, x + 70, y + 75), INK)
    draw.rectangle((395, 450, 465, 600), MUSTARD)
    draw.rectangle((765, 430, 795, 600), INK)
    draw.ellipse((690, 260, 870, 480), TEAL)


def _bowl(draw: _Scaled) -> None:
    draw.rectangle((0, 500, 960, 720), CLAY)
    draw.pieslice((220, 110, 740, 630), 0, 180, INK)
    draw.rectangle((410, 615, 550, 650), INK)
    for x in (325, 480, 635):
        draw.ellipse((x - 74, 290, x + 74, 438), MUSTARD)
    draw.rectangle((220, 370, 740, 445), INK)


def _street(draw: _Scaled) -> None:
    draw.rectangle((0, 0, 960, 720), INK)
    draw.ellipse((110, 80, 230, 200), PAPER)
    for x, top, color in ((90, 330, TEAL), (360, 260, CLAY), (630, 370, SKY)):
        draw.rectangle((x, top, x + 240, 640), color)
        draw.polygon([(x - 15, top), (x + 120, top - 100), (x + 255, top)], PAPER)
        draw.rectangle((x + 85, top + 70, x + 155, top + 150), MUSTARD)
    draw.rectangle((0, 640, 960, 720), "#12233d")


def _plant(draw: _Scaled) -> None:
    for number in range(6):
        angle = pi * (0.14 + 0.144 * number)
        x, y = 480 - 250 * cos(angle), 420 - 270 * sin(angle)
        side_x, side_y = 46 * sin(angle), -46 * cos(angle)
        middle_x, middle_y = (480 + x) / 2, (430 + y) / 2
        draw.polygon([(480, 430), (middle_x + side_x, middle_y - side_y), (x, y),
                      (middle_x - side_x, middle_y + side_y)], TEAL)  # fmt: skip
    draw.polygon([(350, 420), (610, 420), (570, 640), (390, 640)], CLAY)
    draw.rectangle((330, 400, 630, 450), INK)


def _clock(draw: _Scaled) -> None:
    draw.rectangle((0, 0, 960, 720), MUSTARD)
    draw.ellipse((200, 80, 760, 640), INK)
    draw.ellipse((225, 105, 735, 615), PAPER)
    for hour in range(1, 13):
        angle = 2 * pi * hour / 12
        draw.text((480 + 210 * sin(angle), 360 - 210 * cos(angle)), str(hour), 40)
    draw.line([(480, 360), (480, 200)], CLAY, 12)
    draw.line([(480, 360), (590, 360)], INK, 16)
    draw.ellipse((460, 340, 500, 380), INK)


_SCENES = (
    ("fruit-bars.png", _bars, "plain", (
        ("Which fruit sold most?", "Pears"), ("How many cherries were sold?", "5"), ("How many bars are there?", "4"))),
    ("way-to-work.png", _pie, "plain", (
        ("Which share comes by train?", "30%"), ("What is the largest slice?", "Bicycle"))),
    ("visitors-line.webp", _line, "grain", (
        ("In which month were there most visitors?", "May"), ("How many months are shown?", "6"))),
    ("shapes.png", _shapes, "plain", (
        ("How many circles are there?", "3"), ("How many squares are there?", "2"),
        ("What color is the triangle?", "Yellow"))),
    ("bottles.jpg", _bottles, "grain", (
        ("How many bottles stand on the shelf?", "5"), ("How many bottles are orange?", "1"))),
    ("mountains.jpg", _mountains, "dusk", (
        ("Where is the sun?", "Top right"), ("How many mountains are there?", "2"))),
    ("boats.jpg", _boats, "plain", (
        ("How many boats are there?", "2"), ("Which boat is larger?", "The left one"))),
    ("house.webp", _house, "grain", (
        ("How many windows has the house?", "4"), ("What stands to the right of the house?", "A tree"))),
    ("fruit-bowl.jpg", _bowl, "plain", (
        ("How many fruits are in the bowl?", "3"), ("What color are the fruits?", "Yellow"))),
    ("night-street.jpg", _street, "plain", (
        ("Is it day or night?", "Night"), ("How many houses are there?", "3"))),
    ("plant.png", _plant, "plain", (
        ("How many leaves has the plant?", "6"), ("What color is the pot?", "Orange"))),
    ("clock.jpg", _clock, "grain", (
        ("What time does the clock show?", "3 o'clock"), ("What color is the background?", "Yellow"))),
)  # fmt: skip
