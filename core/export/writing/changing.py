"""Changed images of an export: each group of entries with preprocessed images, and its variants behind it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from core.db import VARIANT, new_id
from core.errors import ImageRejectedError, MissingFileError
from core.export.entries import Entry, ExportImage, FurtherImage, ImageGroup, ImagePlan, exported_size, further_count
from core.export.recipe import ExportRecipe
from core.transform.boxes import Box, move
from core.transform.geometry import Resize
from core.transform.preprocessing import CannotChangeError, settle, steps_of
from core.transform.regions import ENTRIES, TEXT, FindRegions, Region
from core.transform.rendering import EXTENSIONS, Rendering, format_for, render_all
from core.transform.rules import Asked, aspects_of, broken_by
from core.transform.steps import Step, records, size_after
from core.transform.variants import Unit, Variant, plan_variants

if TYPE_CHECKING:
    from core.config import Settings
    from core.export.writing.images import PlannedSource
    from core.images import ImageService

SIZE_UNKNOWN = "the size of its image is not known"
BOXES_LEFT = "none of its boxes is left in the changed image"
SEVERAL_IMAGES = "about several images"
IS_VARIANT = "already a variant"
_GROUPS_PER_LOOKUP = 200
# Text that is read with less certainty is more often a texture than letters.
_TEXT_SCORE = 0.5


@dataclass
class ChangeCounts:
    """What became of images, entries and boxes by the changes."""

    left_out: Counter[str] = field(default_factory=Counter)
    """Entries by the reason why they are not in the bundle."""
    boxes_lost: Counter[str] = field(default_factory=Counter)
    """Boxes of exported entries by the reason why they are dropped."""
    changed: int = 0
    """Groups of entries whose images were preprocessed."""
    variants: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    """Variants by operation."""
    not_made: Counter[str] = field(default_factory=Counter)
    """Images by the reason why they have no variant, or fewer."""
    broken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Questions by (operation, why it would break them)."""
    not_analyzed: int = 0
    """Images with variants for which it is not known whether they have text on them."""
    records: list[dict[str, Any]] = field(default_factory=list)
    """How each image was made."""

    def as_report(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            "changed": self.changed,
            "variants": self.variants,
            "operations": dict(self.operations.most_common()),
            "not_made": dict(self.not_made.most_common()),
            "broken": [
                {"operation": operation, "reason": reason, "questions": count}
                for (operation, reason), count in self.broken.most_common()
            ],
            "boxes_lost": dict(self.boxes_lost.most_common()),
            "not_analyzed_for_text": self.not_analyzed,
        }


class ImageChanges:
    """The changes of one export; the counts are filled while the groups are read."""

    def __init__(self, recipe: ExportRecipe, find_regions: FindRegions) -> None:
        self._recipe = recipe
        self._find = find_regions
        self._augmentation = recipe.augmentation
        if recipe.preprocessing.grayscale:  # without color there is none to change
            used = tuple(name for name in recipe.augmentation.operations if name != "color")
            self._augmentation = recipe.augmentation.model_copy(update={"operations": used})
        self.counts = ChangeCounts()

    def apply(self, groups: Iterable[ImageGroup]) -> Iterator[ImageGroup]:
        """Yield each group with its changed images, followed by one group for each of its variants."""
        left = iter(groups)
        while part := list(islice(left, _GROUPS_PER_LOOKUP)):
            known = self._regions([image.id for group in part for image in group.images])
            for group in part:
                yield from self._changed(group, known)

    def _regions(self, image_ids: Sequence[str]) -> dict[str, Mapping[str, Sequence[Region]]]:
        sources = self._recipe.preprocessing.sources() - {ENTRIES}
        if self._recipe.augmentation.variants and "flip" in self._recipe.augmentation.operations:
            sources |= {TEXT}
        ids = list(dict.fromkeys(image_ids))
        return {source: self._find(ids, source) for source in sorted(sources)}

    def _changed(self, group: ImageGroup, known: Mapping[str, Mapping[str, Sequence[Region]]]) -> Iterator[ImageGroup]:
        try:
            made = self._preprocessed(group, known) if self._recipe.preprocessing.changes_images else group
        except CannotChangeError as reason:
            self.counts.left_out[str(reason)] += len(group.entries)
            return
        if group.entries and not made.entries:
            return
        yield made
        augmentation = self._recipe.augmentation
        if augmentation.variants and group.split in augmentation.splits:
            yield from self._variants(made, known.get(TEXT, {}))

    # --- preprocessing -----------------------------------------------------------------------------------------

    def _preprocessed(self, group: ImageGroup, known: Mapping[str, Mapping[str, Sequence[Region]]]) -> ImageGroup:
        plans = []
        for position, image in enumerate(group.images):
            if not image.width or not image.height:
                raise CannotChangeError(SIZE_UNKNOWN)
            regions = {source: found[image.id] for source, found in known.items() if image.id in found}
            regions[ENTRIES] = [region for entry in group.entries for region in regions_of(entry, position)]
            steps = steps_of(self._recipe.preprocessing, image.id, (image.width, image.height), regions)
            plans.append(ImagePlan(image, tuple(steps)))
        self.counts.changed += 1
        units = units_of(group.entries)
        kept = [entry for unit in units if (moved := self.moved(unit, plans)) for entry in moved]
        return _with_plans(replace(group, entries=tuple(sorted(kept, key=group_order(group.entries)))), plans)

    def moved(self, unit: Sequence[Entry], plans: Sequence[ImagePlan]) -> list[Entry]:
        """Return the entries of a unit with their boxes moved; none when a change breaks one of them."""
        operations = {step.operation for plan in plans for step in plan.steps}
        if self._recipe.preprocessing.unfit == "leave_out":
            for entry in unit:
                reasons = (_broken(operation, entry) for operation in sorted(operations))
                if reason := next(filter(None, reasons), ""):
                    self.counts.left_out[reason] += len(unit)
                    return []
        moved, lost = [], Counter[str]()
        for entry in unit:
            boxes, boxes_lost = _moved_boxes(entry, plans)
            if entry.boxes and not boxes:
                self.counts.left_out[BOXES_LEFT] += len(unit)
                return []
            lost += boxes_lost
            moved.append(entry._replace(boxes=boxes))
        self.counts.boxes_lost += lost
        return moved

    # --- variants ----------------------------------------------------------------------------------------------

    def _variants(self, group: ImageGroup, texts: Mapping[str, Sequence[Region]]) -> Iterator[ImageGroup]:
        original = group.plans[0].original if group.plans else group.image
        if reason := _cannot_vary(group, original):
            self.counts.not_made[reason] += 1
            return
        entries = units_of(group.entries) or [[]]  # an image without questions has variants too
        units = [Unit([_asked(entry) for entry in unit]) for unit in entries]
        has_text = any(region.score >= _TEXT_SCORE for region in texts.get(original.id, ())) or any(
            "text" in aspects_of(asked) for unit in units for asked in unit.asked
        )
        size_wh = group.image.width, group.image.height
        planned = plan_variants(
            units, self._augmentation, original.sha256, size_wh, has_text=has_text,
            settle=lambda size_wh: settle(self._recipe.preprocessing, size_wh),
        )  # fmt: skip
        self.counts.not_made += planned.not_made
        self.counts.broken += planned.broken
        flips = "flip" in self._recipe.augmentation.operations
        self.counts.not_analyzed += flips and original.id not in texts
        for variant in planned.variants:
            self.counts.variants += 1
            self.counts.operations.update({step.operation for step in variant.steps})
            yield _variant_of(group, original, variant, entries)

    def record(self, plan: ImagePlan, name: str) -> None:
        """Note how the image called *name* in the bundle was made."""
        made: dict[str, Any] = {"file": name, "image_id": plan.original.id, "sha256": plan.original.sha256}
        if plan.variant:
            made["variant"] = plan.variant
        self.counts.records.append(made | {"steps": records(plan.steps)})

    def as_json(self) -> bytes:
        """Return how each image was made, with the settings that hold for all of them."""
        everything = {
            "preprocessing": self._recipe.preprocessing.model_dump(mode="json"),
            "augmentation": self._recipe.augmentation.model_dump(mode="json"),
            "images": self.counts.records,
        }
        return orjson.dumps(everything, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def planned_source(
    images: "ImageService", settings: "Settings", recipe: ExportRecipe, directory: Path, *, needs_jpeg: bool
) -> "PlannedSource":
    """Return a function from a plan to the file that it makes in *directory*; None when it cannot be made."""
    directory.mkdir(exist_ok=True)
    how = recipe.preprocessing

    def source(plan: ImagePlan) -> Path | None:
        as_format = format_for(plan.original.format, how.format, needs_jpeg=needs_jpeg)
        steps = plan.steps + fitting(plan, recipe.max_side_px)
        floats = how.normalize if how.normalize and how.normalize.write == "float" else None
        try:
            wanted = Rendering(
                images.original_path(plan.original), directory / f"{new_id()}{EXTENSIONS[as_format]}", steps, as_format,
                how.quality, (floats.mean, floats.std) if floats else None,
            )  # fmt: skip
        except MissingFileError:
            return None
        (made,) = render_all(settings, [wanted])
        return None if isinstance(made, ImageRejectedError) else made

    return source


def fitting(plan: ImagePlan, max_side_px: int | None) -> tuple[Step, ...]:
    """Return the step that makes the image of a plan no larger than *max_side_px*; none when it is not larger."""
    size_wh = size_after(plan.steps, (plan.original.width, plan.original.height))
    smaller = exported_size(plan.original._replace(width=size_wh[0], height=size_wh[1]), max_side_px)
    return (Resize(*smaller),) if smaller != size_wh else ()


def _cannot_vary(group: ImageGroup, original: ExportImage) -> str:
    if group.further:
        return SEVERAL_IMAGES
    if original.source == VARIANT:
        return IS_VARIANT
    return "" if group.image.width and group.image.height else SIZE_UNKNOWN


def units_of(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return what stays together: the turns of a conversation, or an entry alone."""
    units: dict[str, list[Entry]] = {}
    for entry in entries:
        units.setdefault(entry.conversation_id or f"entry {entry.id}", []).append(entry)
    return list(units.values())


def group_order(entries: Sequence[Entry]) -> Any:
    """Return the key by which entries are sorted as in *entries*."""
    places = {entry.id: place for place, entry in enumerate(entries)}
    return lambda entry: places[entry.id]


def regions_of(entry: Entry, position: int) -> list[Region]:
    """Return the boxes that an entry has on its image number *position*."""
    return [Region(box.get("label") or "", _corners(box)) for box in _boxes_on(entry, position)]


def _boxes_on(entry: Entry, position: int) -> list[dict[str, Any]]:
    return [box for box in entry.boxes or () if box.get("image", 0) == position]


def _corners(box: dict[str, Any]) -> Box:
    left, top, right, bottom = box["xyxy"]
    return left, top, right, bottom


def _asked(entry: Entry) -> Asked:
    boxes = [_corners(box) for box in _boxes_on(entry, 0)]
    return Asked(entry.kind, entry.question, entry.answer, entry.language, boxes)


def _broken(operation: str, entry: Entry) -> str:
    reason = broken_by(operation, _asked(entry))
    return f"{operation}: {reason}" if reason else ""


def _moved_boxes(entry: Entry, plans: Sequence[ImagePlan]) -> tuple[list[dict[str, Any]] | None, Counter[str]]:
    moved: list[dict[str, Any]] = []
    lost: Counter[str] = Counter()
    for position, plan in enumerate(plans):
        boxes = _boxes_on(entry, position)
        found = move(map(_corners, boxes), plan.steps, (plan.original.width, plan.original.height))
        lost += found.lost
        moved += [box | {"xyxy": list(new)} for box, new in zip(boxes, found.boxes, strict=True) if new is not None]
    return moved or None, lost


def _with_plans(group: ImageGroup, plans: Sequence[ImagePlan]) -> ImageGroup:
    """Return *group* with the sizes and the identities of its changed images."""
    more = max(map(further_count, group.entries), default=0)
    first, *others = (_changed_image(plan) for plan in plans[: 1 + more])
    return replace(group, image=first, further=tuple(map(FurtherImage, others)), plans=tuple(plans[: 1 + more]))


def _changed_image(plan: ImagePlan) -> ExportImage:
    width, height = size_after(plan.steps, (plan.original.width, plan.original.height))
    changed = plan.original._replace(width=width, height=height)
    if not plan.steps:
        return changed
    # The file name follows from it: other steps are another file.
    content = orjson.dumps([plan.original.sha256, records(plan.steps)])
    changed = changed._replace(sha256=hashlib.sha256(content).hexdigest())
    if not plan.variant:
        return changed
    stem, dot, ending = plan.original.name.rpartition(".")
    name = f"{stem} v{plan.variant}.{ending}" if dot else f"{plan.original.name} v{plan.variant}"
    return changed._replace(id=_numbered(plan.original.id, plan.variant), name=name)


def _variant_of(
    group: ImageGroup, original: ExportImage, variant: Variant, entries: Sequence[Sequence[Entry]]
) -> ImageGroup:
    before = group.plans[0].steps if group.plans else ()
    plan = ImagePlan(original, before + variant.steps, variant.number)
    kept = {entry.id for position in variant.kept for entry in entries[position]}
    # The boxes of the group are where preprocessing moved them.
    size_wh = group.image.width, group.image.height
    moving = ImagePlan(original._replace(width=size_wh[0], height=size_wh[1]), variant.steps)
    made = tuple(_variant_entry(entry, moving, variant.number) for entry in group.entries if entry.id in kept)
    return _with_plans(replace(group, entries=made), [plan])


def _variant_entry(entry: Entry, moving: ImagePlan, number: int) -> Entry:
    conversation_id = entry.conversation_id and _numbered(entry.conversation_id, number)
    boxes, _ = _moved_boxes(entry, [moving])
    return entry._replace(
        id=_numbered(entry.id, number), image_id=_numbered(entry.image_id, number), conversation_id=conversation_id,
        boxes=boxes,
    )  # fmt: skip


def _numbered(id_: str, number: int) -> str:
    return f"{id_}-v{number}"
