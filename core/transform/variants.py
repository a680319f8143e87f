"""Planning variants: which operations an image's questions allow, and which questions a variant keeps."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.transform.augmentation import OPERATIONS, Augmentation, draw
from core.transform.boxes import Box, move, overlap
from core.transform.cover import Erase
from core.transform.rules import Asked, broken_by
from core.transform.steps import SizeWH, Step, size_after

Settle = Callable[[SizeWH], Sequence[Step]]
"""Returns the steps that give a changed image the size that the recipe asks for."""

_TRIES = 8
_GEOMETRY = ("flip", "rotate", "crop")

NO_OTHER = "no further variant that differs from the others could be drawn"
NOTHING_HOLDS = "every operation would break each of its questions"


@dataclass(frozen=True)
class Unit:
    """What stays together: an entry, or the turns of a conversation."""

    asked: Sequence[Asked]

    def broken_by(self, operation: str, *, has_text: bool) -> str:
        """Return why *operation* breaks one of the questions; empty when it breaks none."""
        return next(filter(None, (broken_by(operation, asked, has_text=has_text) for asked in self.asked)), "")

    @property
    def boxes(self) -> list[Box]:
        """The boxes of all its questions."""
        return [box for asked in self.asked for box in asked.boxes]


@dataclass(frozen=True)
class Variant:
    """A variant of an image: its number from 1, its steps, and the units that it keeps, by their position."""

    number: int
    steps: tuple[Step, ...]
    kept: tuple[int, ...]


@dataclass
class Planned:
    """The variants of an image, and why others were not made."""

    variants: list[Variant] = field(default_factory=list)
    not_made: Counter[str] = field(default_factory=Counter)
    """Images by the reason why they have fewer variants than asked for."""
    broken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Questions by (operation, why it would break them); such an operation is not used for them."""


def plan_variants(
    units: Sequence[Unit],
    recipe: Augmentation,
    key: str,
    size_wh: SizeWH,
    *,
    has_text: bool = False,
    settle: Settle = lambda size_wh: (),
) -> Planned:
    """Return the variants of an image.

    Each variant is drawn for one of the units, in turn, by operations that break none of its questions; it keeps the
    other units that the same operations do not break either.

    Args:
        key: identifies the image, such as its sha256; with the seed of *recipe* it decides every number.
        size_wh: px, as the variants' steps find it.
        has_text: whether the image is known to have text on it.
        settle: asked for further steps when flip, rotate and crop are done.
    """
    planned = Planned()
    chosen: list[str] = [operation for operation in OPERATIONS if operation in recipe.operations]
    allowed: list[list[str]] = []
    for unit in units:
        reasons = {operation: unit.broken_by(operation, has_text=has_text) for operation in chosen}
        planned.broken.update((operation, reason) for operation, reason in reasons.items() if reason)
        allowed.append([operation for operation, reason in reasons.items() if not reason])
    anchors = [position for position, operations in enumerate(allowed) if operations]
    if not anchors:
        planned.not_made[NOTHING_HOLDS] += 1
        return planned
    for number in range(1, recipe.variants + 1):
        rng = random.Random(f"{recipe.seed}:{key}:{number}")
        drawer = _Drawer(recipe, rng, size_wh, settle)
        made = _drawn(units, allowed, anchors[(number - 1) % len(anchors)], drawer, planned.variants)
        if made is None:
            planned.not_made[NO_OTHER] += 1
            break
        planned.variants.append(Variant(number, *made))
    return planned


def _drawn(
    units: Sequence[Unit],
    allowed: Sequence[Sequence[str]],
    anchor: int,
    drawer: "_Drawer",
    earlier: Sequence[Variant],
) -> tuple[tuple[Step, ...], tuple[int, ...]] | None:
    """Return steps that differ from those of *earlier* variants, and the units that they keep; None without any."""
    for _ in range(_TRIES):
        steps = drawer.steps(allowed[anchor], units[anchor].boxes)
        if not steps or any(steps == variant.steps for variant in earlier):
            continue
        used = {step.operation for step in steps}.intersection(OPERATIONS)
        kept = tuple(
            position
            for position, unit in enumerate(units)
            if used.issubset(allowed[position]) and _keeps_boxes(unit, steps, drawer.size_wh)
        )
        if anchor in kept:
            return steps, kept
    return None


@dataclass(frozen=True)
class _Drawer:
    """Draws the steps of one variant."""

    recipe: Augmentation
    rng: random.Random
    size_wh: SizeWH
    settle: Settle

    def steps(self, allowed: Sequence[str], boxes: list[Box]) -> tuple[Step, ...]:
        """Return steps of some *allowed* operations, which keep *boxes* free; empty when there is no place for one."""
        names = self.rng.sample(allowed, self.rng.randint(1, min(self.recipe.most, len(allowed))))
        drawn: list[Step] = []
        size_wh = self._draw([name for name in _GEOMETRY if name in names], self.size_wh, boxes, drawn)
        settled = list(self.settle(size_wh))
        moved = [box for box in move(boxes, [*drawn, *settled], self.size_wh).boxes if box is not None]
        changed = len(drawn)
        drawn += settled
        size_wh = size_after(settled, size_wh)
        self._draw([name for name in OPERATIONS if name in names and name not in _GEOMETRY], size_wh, moved, drawn)
        return tuple(drawn) if changed or len(drawn) > len(settled) else ()

    def _draw(self, names: Sequence[str], size_wh: SizeWH, boxes: list[Box], drawn: list[Step]) -> SizeWH:
        """Add a step for each of *names* to *drawn*, and return the size after them."""
        for name in names:
            step = draw(name, self.rng, size_wh, self.recipe.strength, boxes)
            if step is not None:
                boxes = [box for box in move(boxes, [step], size_wh).boxes if box is not None]
                size_wh = step.size_after(size_wh)
                drawn.append(step)
        return size_wh


def _keeps_boxes(unit: Unit, steps: Sequence[Step], size_wh: SizeWH) -> bool:
    """Return whether every box of *unit* is still in the image, and none is covered."""
    boxes: list[Box] = unit.boxes
    for step in steps:
        if isinstance(step, Erase) and any(
            overlap(box, (step.left, step.top, step.right, step.bottom)) for box in boxes
        ):
            return False
        moved = move(boxes, [step], size_wh)
        if moved.lost:
            return False
        boxes = [box for box in moved.boxes if box is not None]
        size_wh = step.size_after(size_wh)
    return True
