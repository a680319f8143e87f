"""Composes what is sent for a request: references with reasons, the full prompt, cost and warnings."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from core.db import BusinessProfiles, ImageAnalyses, Images, StyleDatasetImages, StyleDatasets
from core.errors import InvalidInputError
from core.pluralize import pluralize
from core.style import datasets
from core.style.analysis import reference_tags
from core.style.contradictions import agreed_tags
from core.style.models import UNKNOWN, ImageModel
from core.style.prompt import Brand, PromptPart, build_parts, full_prompt
from core.style.requests import LeftOut, Reference, RequestPreview, StyleRequest

if TYPE_CHECKING:
    from core.style.features import Array, StyleFeatures
    from core.style.references import Choice

_MAX_EXAMPLES = 6  # images named for each reason why some are not sent


def preview(session: Session, project_id: str, request: StyleRequest, model: str, limits: ImageModel) -> RequestPreview:
    """Return exactly what *request* would send to *model*, which has these *limits*.

    Raises:
        InvalidInputError: the model does not make this aspect ratio or size, the prompt is empty, or the style
            dataset belongs to another project.
    """
    _check(request, limits)
    dataset = datasets.of(session, project_id, request.dataset_id) if request.dataset_id else None
    choice = choose(session, request, limits) if dataset else None
    references = _references(session, choice) if choice else ()
    parts = parts_of(session, project_id, request, dataset, references)
    return RequestPreview(
        request=request,
        model=model,
        dataset=dataset,
        parts=parts,
        full_prompt=full_prompt(parts),
        references=references,
        left_out=_left_out(session, choice) if choice else (),
        notices=tuple(_notices(request, dataset, choice, references, model, limits)),
        cost=limits.cost(request.size, len(references)),
        max_references=limits.max_references,
        ratios=limits.all_ratios,
        sizes=limits.sizes,
    )


def parts_of(
    session: Session,
    project_id: str,
    request: StyleRequest,
    dataset: StyleDatasets | None,
    references: Sequence[Reference],
) -> tuple[PromptPart, ...]:
    """Return the parts of the full prompt when exactly *references* are sent."""
    return build_parts(
        request.prompt,
        brand=brand_of(session, project_id),
        master_prompt=dataset.master_prompt if dataset else "",
        reference_tags=agreed_tags([reference.tags for reference in references]).kept,
        reference_count=len(references),
        style=request.style,
        wording=request.wording,
        overrides=request.overrides,
    )


def business_profile(session: Session, project_id: str) -> BusinessProfiles | None:
    """Return the business profile of a project, None when it has none."""
    return session.exec(select(BusinessProfiles).where(BusinessProfiles.project_id == project_id)).first()


def brand_of(session: Session, project_id: str) -> Brand:
    """Return the brand of a project, an empty one without a business profile."""
    row = business_profile(session, project_id)
    return Brand(row.business_name, row.vibes, row.theme) if row else Brand()


def choose(session: Session, request: StyleRequest, limits: ImageModel) -> "Choice":
    """Choose the references of *request* from its style dataset, at most as many as the model takes."""
    from core.style.references import Candidate, choose_references
    from core.style.text_pages import without_their_kind

    vectors = _vectors(session, request.dataset_id or "")
    stored = dict(_stored_features(session, request.dataset_id or ""))
    candidates = [Candidate(id_, features, vectors.get(id_)) for id_, features in stored.items()]
    count = min(request.reference_image_count, limits.max_references)
    texts = without_their_kind(stored, _text_shares(session, request.dataset_id or ""))
    return choose_references(candidates, count, pinned=request.pinned, excluded=request.excluded, texts=texts)


def _text_shares(session: Session, dataset_id: str) -> dict[str, tuple[float, int]]:
    """Return how much text the images of a style dataset have by row id, for those whose text was read."""
    from core.style.text_pages import text_share

    row = StyleDatasetImages
    query = (
        select(row.id, ImageAnalyses.result, Images.width, Images.height)
        .join(Images, col(Images.id) == col(row.image_id))
        .join(ImageAnalyses, col(ImageAnalyses.image_id) == col(row.image_id))
        .where(row.dataset_id == dataset_id, col(row.removed_in).is_(None), ImageAnalyses.analyzer == "text")
    )
    return {
        id_: text_share(result.get("lines", ()), width, height) for id_, result, width, height in session.exec(query)
    }


def _vectors(session: Session, dataset_id: str) -> "dict[str, Array]":
    """Return the vectors of the images of a style dataset by row id, of the kind that most of them have."""
    from core.vision.store import WORDS
    from core.vision.vectors import rows

    in_dataset = StyleDatasetImages.dataset_id == dataset_id, col(StyleDatasetImages.removed_in).is_(None)
    query = select(StyleDatasetImages.id, StyleDatasetImages.image_id).where(*in_dataset)
    image_of = {id_: image_id for id_, image_id in session.exec(query) if image_id is not None}
    found = rows.of_images(session, list(set(image_of.values())), but=WORDS)
    return {id_: found[image_id] for id_, image_id in image_of.items() if image_id in found}


def features_of(session: Session, dataset_id: str) -> "list[tuple[str, StyleFeatures]]":
    """Return row id and features of the analyzed images of a style dataset, in their order."""
    return [(id_, features) for id_, features in _stored_features(session, dataset_id) if features is not None]


def _stored_features(session: Session, dataset_id: str) -> "Iterator[tuple[str, StyleFeatures | None]]":
    from core.style.features import StyleFeatures

    stored = session.exec(
        select(StyleDatasetImages.id, StyleDatasetImages.features)
        .join(Images, col(Images.id) == col(StyleDatasetImages.image_id), isouter=True)
        .where(
            StyleDatasetImages.dataset_id == dataset_id,
            col(StyleDatasetImages.removed_in).is_(None),
            datasets.not_deleted(),
        )
        .order_by(col(StyleDatasetImages.position))
    )
    return ((id_, StyleFeatures.from_json(features)) for id_, features in stored)


def _references(session: Session, choice: "Choice") -> tuple[Reference, ...]:
    found = {entry.row.id: entry for entry in datasets.by_ids(session, [pick.id for pick in choice.picks])}
    references = []
    for number, pick in enumerate(choice.picks, start=1):
        row, image = found[pick.id].row, found[pick.id].image
        tags = reference_tags(row.analysis_result)
        references.append(Reference(number, pick.id, pick.reason, pick.pinned, image, row.image_url, tags))
    return tuple(references)


def _left_out(session: Session, choice: "Choice") -> tuple[LeftOut, ...]:
    by_reason = defaultdict(list)
    for id_, reason in choice.left_out.items():
        by_reason[reason].append(id_)
    return tuple(
        LeftOut(reason, len(ids), tuple(datasets.by_ids(session, ids[:_MAX_EXAMPLES])))
        for reason, ids in sorted(by_reason.items(), key=lambda pair: len(pair[1]))
    )


def _check(request: StyleRequest, limits: ImageModel) -> None:
    if request.aspect_ratio not in limits.all_ratios:
        raise InvalidInputError(
            f"This model does not make {request.aspect_ratio}. Choose one of {', '.join(limits.all_ratios)}.",
            field="aspect_ratio",
        )
    if request.size and limits.sizes and request.size not in limits.sizes:
        raise InvalidInputError(
            f"This model does not make the size {request.size}. Choose one of {', '.join(limits.sizes)}.", field="size"
        )
    if request.reference_image_count < 0:
        raise InvalidInputError("The number of references cannot be negative.", field="reference_image_count")


def _notices(
    request: StyleRequest,
    dataset: StyleDatasets | None,
    choice: "Choice | None",
    references: Sequence[Reference],
    model: str,
    limits: ImageModel,
) -> list[str]:
    notices = []
    requested = request.reference_image_count
    allowed = min(requested, limits.max_references)
    if dataset and requested > limits.max_references:
        notices.append(
            f"{model} takes at most {limits.max_references} references: {requested - limits.max_references} of the "
            f"{requested} you asked for will not be sent. Lower the number, or pin the most important ones."
        )
    if dataset and allowed and not references:
        notices.append(f"{dataset.name} has no images yet, so only the text is sent. Add some.")
    elif choice is not None and len(references) < allowed:
        notices.append(_too_few(len(references), allowed, len(references) + len(choice.left_out)))
    if contradicting := agreed_tags([reference.tags for reference in references]).left_out:
        notices.append(f"The references contradict each other, so the prompt leaves out: {', '.join(contradicting)}.")
    if limits.best_references and len(references) > limits.best_references:
        notices.append(f"{model} works best with up to {limits.best_references} references, according to its provider.")
    if limits is UNKNOWN and dataset:
        notices.append(UNKNOWN.note)
    if not dataset:
        notices.append("No style dataset is chosen, so only the text is sent.")
    return notices


def _too_few(sent: int, wanted: int, images: int) -> str:
    """Say why fewer references are sent than were asked for."""
    if images <= sent:
        return f"The style dataset has {pluralize(images, 'image')}, so {sent} of the {wanted} references are sent."
    return f"Only {sent} of {wanted} references are sent. Why the other images are not is listed below."
