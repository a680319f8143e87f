"""Cards of generated images and of their references."""

from typing import Any

from core.llm import OFFLINE_MODELS
from core.style.results import Result, UsedReference
from pages.components.shared import media, numbers
from pages.components.shared.cards import Action, Bar, Card

_STUDY = "Palette study: the colors of the references, not what the prompt says"
_MATCH_LABELS = {
    "fits": "Fits the references",
    "a little off": "Slightly different from the references",
    "off": "Different from the references",
}
_DIMENSION_LABELS = {"chroma": "color strength", "edge": "edges", "bands": "detail", "overall": "mood"}


def swatches(palette: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> tuple[tuple[str, str, float], ...]:
    return tuple((color["hex"], color["name"], float(color["share"])) for color in palette)


def result(found: Result, *, can_refer: bool) -> Card:
    """Return the full card of a result, with its match and all actions."""
    row, image, match = found.generated, found.image, found.generated.match
    judge = match.get("judge") or {}
    return Card(
        id=row.id,
        url=media.image_url(image.id, image.sha256, "view") if image else None,
        name=_prompt(found),
        aspect=_aspect(found),
        title=_title(found, row.prompt),
        lines=_lines(found),
        swatches=swatches(match.get("palette", [])),
        bars=tuple(
            Bar(_DIMENSION_LABELS.get(row["dimension"], row["dimension"]), row["word"], row["ratio"])
            for row in match.get("dimensions", [])
        ),
        verdicts=tuple(
            (verdict["question"], verdict["answer"], verdict["evidence"]) for verdict in judge.get("verdicts", [])
        ),
        judged_by=f"Judged by {judge.get('model')}",
        alarm=_alarm(match.get("copy")),
        actions=_actions(found, can_refer),
    )


def brief(found: Result, *, is_open: bool) -> Card:
    """Return the short card of a result for the history, with its match and the decisions."""
    row, image, match = found.generated, found.image, found.generated.match
    alarm = "Looks like a copy" if match.get("copy") else ""
    return Card(
        id=row.id,
        url=media.image_url(image.id, image.sha256) if image else None,
        name=_prompt(found),
        aspect=_aspect(found),
        title=_title(found, ""),
        lines=(_prompt(found),),
        swatches=swatches(match.get("palette", [])),
        alarm=alarm,
        actions=(
            Action("open", "Open", frame=True),
            Action("close", "Close", pressed=True) if is_open else Action("open", "Open"),
            *_decisions(found),
        ),
    )


def reference(used: UsedReference) -> Card:
    """Return the card of a reference, with the reason when it was not sent."""
    return Card(
        id=str(used.number),
        url=media.image_url(used.image.id, used.image.sha256) if used.image else None,
        name=used.name,
        number=used.number,
        lines=(used.reason,) if used.sent else (),
        alarm="" if used.sent else f"Not sent: {used.reason}",
        swatches=swatches(used.palette),
    )


def _is_study(found: Result) -> bool:
    """Whether it was drawn from measurements: it depicts nothing."""
    return found.generated.model in OFFLINE_MODELS


def _title(found: Result, without_match: str) -> str:
    if _is_study(found):
        return _STUDY
    return _MATCH_LABELS.get(found.generated.match.get("word", ""), without_match)


def _prompt(found: Result) -> str:
    prompt = found.generated.prompt
    return f"Palette study for: {prompt}" if _is_study(found) else prompt


def _aspect(found: Result) -> float:
    image = found.image
    return image.width / image.height if image and image.width and image.height else 1.0


def _lines(found: Result) -> tuple[str, ...]:
    row = found.generated
    cost = "cost unknown" if row.cost is None else "no cost" if row.cost == 0 else f"${numbers.text(row.cost, 3)}"
    lines = [
        _prompt(found),
        f"{row.model}, {row.resolution}, {cost}, {numbers.text(row.recipe.get('duration_s', 0))} s",
    ]
    if (percentile := row.match.get("percentile")) is not None:
        lines.append(f"A closer match than {numbers.percent(percentile / 100)} of the style dataset's own images")
    if failed := row.recipe.get("failed_references", []):
        sent = row.reference_images_count
        some = f"{numbers.pluralize(len(failed), 'reference')} failed, {sent} sent"
        lines.append(some if sent else "No reference could be sent")
    return tuple(lines)


def _alarm(copy: dict[str, Any] | None) -> str:
    if not copy:
        return ""
    return (
        "Looks like a mirrored copy of an image of the style dataset"
        if copy["mirrored"]
        else "Looks like a copy of an image of the style dataset"
    )


def _decisions(found: Result) -> tuple[Action, ...]:
    row = found.generated
    if row.deleted_at is not None:
        return (Action("restore", "Restore"),)
    keep = (
        Action("unkeep", "Kept", pressed=True, help="Remove it from the project")
        if row.kept
        else Action("keep", "Keep", help="Add it to the project as an image")
    )
    return (
        keep,
        Action("discard", "Discard"),
        Action("up", "Good", pressed=row.rating == 1, help="Rate it as matching the style"),
        Action("down", "Bad", pressed=row.rating == -1, help="Rate it as not matching the style"),
    )


def _actions(found: Result, can_refer: bool) -> tuple[Action, ...]:
    if found.generated.deleted_at is not None:
        return (*_decisions(found), Action("recipe", "Recipe"))
    refer = (Action("refer", "Use as reference"),) if can_refer else ()
    judge = (Action("judge", "Judge", help="Let a vision model answer five questions about its style"),)
    check = (Action("ask", "Check", help="Keep it only if a vision model sees what was planned"),)
    return (
        *_decisions(found),
        Action("again", "Run again", help="Send the same request once more"),
        Action("vary", "Vary", help="Edit its request"),
        *refer,
        *(judge if found.generated.reference_images_count else ()),
        *(() if _is_study(found) else check),
        Action("recipe", "Recipe"),
    )
