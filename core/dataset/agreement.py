"""Agreement: of two reviewers on the same entries, and of models with people on short answers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from core.dataset import second_review
from core.dataset.vqa import best_accuracy, vqa_accuracy
from core.db import IMPORTED, Events, ImageDatasets

MAX_ANSWERS = 20_000
"""Accuracy is computed from at most this many entries; more would only change its second digit."""
SHORT_ANSWER_CHARS = 60


@dataclass(frozen=True)
class DoubleReview:
    """The verdicts of two people on one entry: confirm, reject, or edit for another answer."""

    entry_id: str
    first_by: str
    first: str
    second_by: str
    second: str


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree; *alpha* is None while every verdict is the same.

    *alpha* is Krippendorff's for nominal data: Computing Krippendorff's Alpha-Reliability (2011).
    """

    reviewed: int
    agreed: int
    alpha: float | None
    reviewers: tuple[str, ...]


@dataclass(frozen=True)
class ModelAccuracy:
    """A model's VQA accuracy; *reachable* is that of the best possible answers, 1 from four equal answers on."""

    model: str
    questions: int
    accuracy: float
    reachable: float


@dataclass(frozen=True)
class Answers:
    """One question about one image: the answers of people, and those of models as (model, answer)."""

    people: tuple[str, ...]
    models: tuple[tuple[str, str], ...]


def double_reviews(session: Session, project_id: str, among: Sequence[Any] = ()) -> list[DoubleReview]:
    """Return the entries of the project that two people have reviewed; *among* are further conditions of ``Events``."""
    exists = select(1).where(ImageDatasets.id == Events.entity_id, col(ImageDatasets.deleted_at).is_(None)).exists()
    events = session.exec(select(Events).where(Events.project_id == project_id, second_review.holds(), exists, *among))
    return [
        DoubleReview(event.entity_id, event.new["first_by"], event.new["first"], event.actor, event.new["verdict"])
        for event in events
    ]


def of_reviewers(reviews: Sequence[DoubleReview]) -> Agreement:
    """Return how far the two reviewers of each entry agree."""
    people = Counter(name for review in reviews for name in (review.first_by, review.second_by))
    agreed = sum(review.first == review.second for review in reviews)
    return Agreement(len(reviews), agreed, _alpha(reviews), tuple(name for name, _ in people.most_common()))


def _alpha(reviews: Sequence[DoubleReview]) -> float | None:
    verdicts = sorted({verdict for review in reviews for verdict in (review.first, review.second)})
    if len(verdicts) < 2:
        return None  # undefined: the expected disagreement is zero
    import krippendorff

    # Alpha does not depend on who rated first: two rows represent any number of pairs of reviewers.
    rows = [
        [verdicts.index(review.first) for review in reviews],
        [verdicts.index(review.second) for review in reviews],
    ]
    return float(krippendorff.alpha(reliability_data=rows, level_of_measurement="nominal"))


def answers(session: Session, project_id: str, among: Sequence[Any] = ()) -> list[Answers]:
    """Return the questions that people answered: by hand, by confirming an answer, or in a second review.

    Args:
        among: further conditions of ``ImageDatasets``.
    """
    second = (
        select(Events.entity_id, Events.new)
        .where(Events.project_id == project_id, second_review.holds())
        .limit(MAX_ANSWERS)
    )
    second_reviews = dict(session.exec(second).all())
    entries = session.exec(
        select(ImageDatasets)
        .where(
            ImageDatasets.project_id == project_id,
            col(ImageDatasets.deleted_at).is_(None),
            col(ImageDatasets.rejected).is_(False),
            ImageDatasets.answer_type == "text",
            func.length(ImageDatasets.answer) <= SHORT_ANSWER_CHARS,
            *among,
            or_(
                col(ImageDatasets.confirmed).is_(True),
                and_(col(ImageDatasets.model) == "", col(ImageDatasets.origin) != IMPORTED),
            ),
        )
        .order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))
        .limit(MAX_ANSWERS)
    )
    people: dict[tuple[str, str], list[str]] = defaultdict(list)
    models: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for entry in entries:
        key = (",".join(entry.image_ids), entry.question.casefold().strip(" ?"))
        people[key].append(entry.answer)
        review = second_reviews.get(entry.id, {})
        if review.get("verdict") in ("confirm", "edit"):
            people[key].append(review.get("answer", entry.answer))
        if entry.model:
            models[key].append((entry.model, entry.generated_answer or entry.answer))
    return [Answers(tuple(given), tuple(models[key])) for key, given in people.items() if len(given) > 1]


def of_models(questions: Sequence[Answers]) -> list[ModelAccuracy]:
    """Return each model's VQA accuracy over the questions that it answered, best first."""
    scores: dict[str, list[tuple[float, float]]] = defaultdict(list)
    asked: Counter[str] = Counter()  # a model may have answered a question several times
    for question in questions:
        asked.update({model for model, _ in question.models})
        # The challenge's files are in lower case, and its evaluator leaves answers alone where all people agree.
        people = [answer.lower() for answer in question.people]
        reachable = best_accuracy(people)
        for model, answer in question.models:
            scores[model].append((vqa_accuracy(answer.lower(), people), reachable))
    accuracies = [
        ModelAccuracy(
            model, asked[model], sum(own for own, _ in pairs) / len(pairs), sum(best for _, best in pairs) / len(pairs)
        )
        for model, pairs in scores.items()
    ]
    return sorted(accuracies, key=lambda accuracy: (-accuracy.accuracy, accuracy.model))
