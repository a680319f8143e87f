"""Whether images or questions of the dataset are in a test set."""

from core.checks.reporting import exported
from core.checks.reporting.content import NOT_MEASURED, Fact, Section, of_all
from core.checks.reporting.source import Source
from core.db import CheckRuns
from core.pluralize import pluralize

CHECK = "heldout"
_TITLE = "Not in the test set"


def compared(source: Source) -> Section:
    """Return what the newest comparison with a held-out set found."""
    runs = source.runs.get(CHECK)
    if source.bundle is not None:
        return _of_export(source, runs[0]) if runs else Section(_TITLE, not_run=NOT_MEASURED)
    if not runs:
        return Section(
            _TITLE, not_run="Compare with a test set on the page Images, In a test set, or by POST "
            f"/api/projects/{source.project.id}/overlaps with its path. It is not imported.",
        )  # fmt: skip
    result = runs[0].result
    of = result["compared"]
    facts = (
        Fact("Compared with", str(result["set"]), f"{pluralize(of['images'], 'image')} and "
             f"{pluralize(of['questions'], 'question')}. The last comparison; earlier ones are not in this report."),
        Fact("Images of the dataset in it", f"{result['images']:,}", "Equal bytes, nearly equal difference hash, or "
             "vectors as only copies have them."),
        Fact("Entries whose image and question are in it", of_all(result["both"], source.total), "The question has the "
             "same content words."),
        Fact("Entries of which only the image is in it", of_all(result["image"], source.total)),
        Fact("Entries of which only the question is in it", of_all(result["question"], source.total), "On another "
             "image; for general questions this is no leak."),
    )  # fmt: skip
    sentence = f"{pluralize(result['images'], 'image')} of the dataset is in the test set {result['set']}."
    if result["images"] != 1:
        sentence = (
            sentence.replace(" is in", " are in", 1)
            if result["images"]
            else (f"No image of the dataset was found in the test set {result['set']}.")
        )
    how = "Entries that were left out after the comparison, by the tag leave-out, are still counted."
    return Section(_TITLE, sentence, facts, how=how, at=runs[0].ended_at)


def _of_export(source: Source, run: CheckRuns) -> Section:
    found = {verdict: count for verdict, count, _ in exported.covered(source, run).verdicts}
    facts = (
        Fact("Entries whose image and question are in it", of_all(found.get("both", 0), source.total)),
        Fact("Entries of which only the image is in it", of_all(found.get("image", 0), source.total)),
        Fact("Entries of which only the question is in it", of_all(found.get("question", 0), source.total)),
    )
    about_images = found.get("both", 0) + found.get("image", 0)
    return Section(
        _TITLE,
        f"{pluralize(about_images, 'entry')} of this export {'is' if about_images == 1 else 'are'} about an image that "
        "is in the test set which was compared last.",
        facts,
        how="Equal bytes, nearly equal difference hash, or vectors as only copies have them; questions by their words. "
        "Entries that were added later were not compared.",
        of="entries of the project",
        at=run.ended_at,
    )
