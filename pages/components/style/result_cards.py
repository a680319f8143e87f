"""Generated images and their references as cards."""

from typing import Any

from core.style.results import Result, UsedReference
from pages.components.shared import media
from pages.components.shared.cards import Action, Bar, Card

_WORDS = {"fits": "Fits the references", "a little off": "A little off the references", "off": "Off the references"}
_DIMENSIONS = {"chroma": "color strength", "edge": "edges", "bands": "detail", "overall": "mood"}


def swatches(palette: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> tuple[tuple[str, str, float], ...]:
    return tuple((color["hex"], color["name"], float(color["share"])) for color in palette)


def result(found: Result, *, can_refer: bool) -> Card:
    """Return a result with everything that is known of its match and everything that can be done with it."""
    row, image, match = found.generated, found.image, found.generated.match
    judge = match.get("judge") or {}
    return Card(
        id=row.id,
        url=media.image_url(image.id, image.sha256, "view") if image else None,
        name=row.prompt,
        aspect=_aspect(found),
        title=_WORDS.get(match.get("word", ""), row.prompt),
        lines=_lines(found),
        swatches=swatches(match.get("palette", [])),
        bars=tuple(
            Bar(_DIMENSIONS.get(one["dimension"], one["dimension"]), one["word"], one["ratio"])
            for one in match.get("dimensions", [])
        ),
        verdicts=tuple((one["question"], one["answer"], one["evidence"]) for one in judge.get("verdicts", [])),
        judged_by=f"Judged by {judge.get('model')}",
        alarm=_alarm(match.get("copy")),
        actions=_actions(found, can_refer),
    )


def brief(found: Result, *, is_open: bool) -> Card:
    """Return a result as one of many: what it shows, how well it fits, and what is decided about it."""
    row, image, match = found.generated, found.image, found.generated.match
    alarm = "Looks like a copy" if match.get("copy") else ""
    return Card(
        id=row.id,
        url=media.image_url(image.id, image.sha256) if image else None,
        name=row.prompt,
        aspect=_aspect(found),
        title=_WORDS.get(match.get("word", ""), ""),
        lines=(row.prompt,),
        swatches=swatches(match.get("palette", [])),
        alarm=alarm,
        actions=(
            Action("open", "Open", frame=True),
            Action("close", "Close", pressed=True) if is_open else Action("open", "Open"),
            *_decisions(found),
        ),
    )


def reference(used: UsedReference) -> Card:
    """Return a reference as it was sent, or why it was not."""
    return Card(
        id=str(used.number),
        url=media.image_url(used.image.id, used.image.sha256) if used.image else None,
        name=used.name,
        number=used.number,
        lines=(used.reason,) if used.sent else (),
        alarm="" if used.sent else f"Not sent: {used.reason}",
        swatches=swatches(used.palette),
    )


def _aspect(found: Result) -> float:
    image = found.image
    return image.width / image.height if image and image.width and image.height else 1.0


def _lines(found: Result) -> tuple[str, ...]:
    row = found.generated
    cost = "cost unknown" if row.cost is None else "no cost" if row.cost == 0 else f"${row.cost:,.3f}"
    lines = [row.prompt, f"{row.model}, {row.resolution}, {cost}, {row.recipe.get('duration_s', 0):.0f} s"]
    if (percentile := row.match.get("percentile")) is not None:
        lines.append(f"Closer than {percentile} % of the style dataset's own images")
    if failed := row.recipe.get("failed_references", []):
        sent = row.reference_images_count
        lines.append(f"{len(failed)} references failed, {sent} were sent" if sent else "No reference could be sent")
    return tuple(lines)


def _alarm(copy: dict[str, Any] | None) -> str:
    if not copy:
        return ""
    return (
        "Looks like a mirrored copy of an image of the set"
        if copy["mirrored"]
        else "Looks like a copy of an image of the set"
    )


def _decisions(found: Result) -> tuple[Action, ...]:
    row = found.generated
    if row.deleted_at is not None:
        return (Action("restore", "Bring back"),)
    keep = (
        Action("unkeep", "Kept", pressed=True, help="Take it out of the project again")
        if row.kept
        else Action("keep", "Keep", help="Put it into the project as an image")
    )
    return (
        keep,
        Action("discard", "Discard"),
        Action("up", "Good", pressed=row.rating == 1, help="Matches the style, to your eyes"),
        Action("down", "Bad", pressed=row.rating == -1, help="Does not match the style, to your eyes"),
    )


def _actions(found: Result, can_refer: bool) -> tuple[Action, ...]:
    if found.generated.deleted_at is not None:
        return (*_decisions(found), Action("recipe", "Recipe"))
    refer = (Action("refer", "Use as reference"),) if can_refer else ()
    judge = (Action("judge", "Judge", help="Let a vision model answer five questions on its style"),)
    return (
        *_decisions(found),
        Action("again", "Run again", help="Send the same request once more"),
        Action("vary", "Vary", help="Open its request to change it"),
        *refer,
        *(judge if found.generated.reference_images_count else ()),
        Action("ask", "Ask", help="Keep it only if a vision model sees in it what was planned"),
        Action("recipe", "Recipe"),
    )
