"""The draft of a request: stored with its style dataset, so that a reload keeps the input."""

import csv
from dataclasses import dataclass, field, replace
from typing import Any

from core.style.requests import DEFAULT_REFERENCES, StyleRequest


@dataclass(frozen=True)
class Draft:
    """The input of the request form."""

    prompt: str = ""
    style: str = ""
    aspect_ratio: str = "1:1"
    size: str | None = None
    count: int = DEFAULT_REFERENCES
    variants: int = 1
    wording: str = "balanced"
    pinned: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    overrides: dict[str, str] = field(default_factory=dict)
    parent_id: str | None = None
    batch: bool = False
    """Each line of the prompt is a prompt of its own."""
    cost_cap: float | None = None
    """US dollars at which the task pauses."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Draft":
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        lists = {name: tuple(known.get(name, ())) for name in ("pinned", "excluded")}
        return cls(**(known | lists))

    def to_dict(self) -> dict[str, Any]:
        names = self.__dataclass_fields__
        return {name: getattr(self, name) for name in names} | {
            "pinned": list(self.pinned), "excluded": list(self.excluded)
        }  # fmt: skip

    @property
    def prompts(self) -> list[str]:
        lines = self.prompt.splitlines() if self.batch else [self.prompt]
        return [line.strip() for line in lines if line.strip()]

    def request(self, dataset_id: str | None) -> StyleRequest:
        """Return the request for the first prompt; without a prompt, a placeholder, so that a preview is possible."""
        return StyleRequest(
            prompt=(self.prompts or ["…"])[0], dataset_id=dataset_id, style=self.style.strip() or None,
            aspect_ratio=self.aspect_ratio, reference_image_count=self.count, size=self.size, wording=self.wording,
            pinned=self.pinned, excluded=self.excluded, overrides=self.overrides, parent_id=self.parent_id,
        )  # fmt: skip


def apply_action(draft: Draft, action: str, row_id: str, shown: list[str]) -> Draft:
    """Return the draft after an action on reference *row_id*; *shown* are the ids of the references in their order."""
    match action:
        case "pin":
            return replace(draft, pinned=(*draft.pinned, row_id))
        case "unpin":
            return replace(draft, pinned=tuple(id_ for id_ in draft.pinned if id_ != row_id))
        case "off":
            return replace(_without(draft, row_id), count=max(draft.count - 1, 0))
        case "earlier" | "later":
            place = shown.index(row_id)
            other = place + (-1 if action == "earlier" else 1)
            if not 0 <= other < len(shown):
                return draft
            shown = [*shown]
            shown[place], shown[other] = shown[other], shown[place]
            return replace(draft, pinned=tuple(shown))
    return draft


def swap(draft: Draft, row_id: str, shown: list[str], alternatives: list[str]) -> Draft:
    """Return the draft with *row_id* replaced, at its position, by the first of *alternatives* not shown yet."""
    replacement = next((id_ for id_ in alternatives if id_ not in shown), None)
    order = [replacement if id_ == row_id else id_ for id_ in shown]
    return replace(_without(draft, row_id), pinned=tuple(id_ for id_ in order if id_ is not None))


def _without(draft: Draft, row_id: str) -> Draft:
    return replace(
        draft, pinned=tuple(id_ for id_ in draft.pinned if id_ != row_id), excluded=(*draft.excluded, row_id)
    )


def prompts_from(text: str, *, is_csv: bool) -> list[str]:
    """Return the prompts of a file: one per line, or the column "prompt" of a CSV, else its first column."""
    if not is_csv:
        return [line.strip() for line in text.splitlines() if line.strip()]
    rows = [row for row in csv.reader(text.splitlines()) if row]
    names = [name.strip().lower() for name in rows[0]] if rows else []
    column = names.index("prompt") if "prompt" in names else 0
    body = rows[1:] if "prompt" in names else rows
    return [" ".join(row[column].split()) for row in body if len(row) > column and row[column].strip()]
