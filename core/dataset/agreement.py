"""How far people agree: on entries that two of them decided, and with the models on short answers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from core.dataset.vqa import best_accuracy, vqa_accuracy
from core.db import Events, ImageDatasets

MOST_ANSWERS = 20_000
"""Accuracy is computed of so many entries at most; more change its second digit only."""
SHORT_CHARS = 60


@dataclass(frozen=True)
class Reading:
    """One entry decided by two: confirm, reject, or edit for another answer."""

    entry_id: str
    first_by: str
    first: str
    second_by: str
    second: str


@dataclass(frozen=True)
class Agreement:
    """*alpha* is Krippendorff's, for names without order; None when there is nothing it could tell apart."""

    read: int
    alike: int
    alpha: float | None
    readers: tuple[str, ...]


@dataclass(frozen=True)
class ModelAccuracy:
    """*reachable* is what the best possible answers would get: 1 needs four alike answers of people."""

    model: str
    questions: int
    accuracy: float
    reachable: float


@dataclass(frozen=True)
class Answers:
    """One question about one image: what people answered, and each model."""

    people: tuple[str, ...]
    models: tuple[tuple[str, str], ...]


def readings(session: Session, project_id: str) -> list[Reading]:
    rows = session.exec(
        select(Events).where(
            Events.project_id == project_id, Events.action == "second", col(Events.undone_by).is_(None)
        )
    )
    return [
        Reading(row.entity_id, row.new["first_by"], row.new["first"], row.actor, row.new["verdict"]) for row in rows
    ]


def of_readers(found: Sequence[Reading]) -> Agreement:
    people = Counter(name for one in found for name in (one.first_by, one.second_by))
    alike = sum(one.first == one.second for one in found)
    return Agreement(len(found), alike, _alpha(found), tuple(name for name, _ in people.most_common()))


def _alpha(found: Sequence[Reading]) -> float | None:
    verdicts = sorted({verdict for one in found for verdict in (one.first, one.second)})
    if len(verdicts) < 2:
        return None  # nobody ever decided otherwise: agreement cannot be told from habit
    import krippendorff

    # Nominal alpha does not ask who read first or second: two rows hold any pair of readers.
    rows = [[verdicts.index(one.first) for one in found], [verdicts.index(one.second) for one in found]]
    return float(krippendorff.alpha(reliability_data=rows, level_of_measurement="nominal"))


def answers(session: Session, project_id: str) -> list[Answers]:
    """Return the questions that people answered: by hand, by confirming an answer, or at a second reading."""
    second = (
        select(Events.entity_id, Events.new)
        .where(Events.project_id == project_id, Events.action == "second", col(Events.undone_by).is_(None))
        .limit(MOST_ANSWERS)
    )
    seconds = {row[0]: row[1] for row in session.exec(second)}
    entries = session.exec(
        select(ImageDatasets)
        .where(
            ImageDatasets.project_id == project_id,
            col(ImageDatasets.deleted_at).is_(None),
            col(ImageDatasets.rejected).is_(False),
            ImageDatasets.answer_type == "text",
            func.length(ImageDatasets.answer) <= SHORT_CHARS,
            or_(col(ImageDatasets.confirmed).is_(True), col(ImageDatasets.model) == ""),
        )
        .order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))
        .limit(MOST_ANSWERS)
    )
    people: dict[tuple[str, str], list[str]] = defaultdict(list)
    models: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for entry in entries:
        key = (entry.image_id, entry.question.casefold().strip(" ?"))
        people[key].append(entry.answer)
        read = seconds.get(entry.id, {}).get("verdict")
        if read in ("confirm", "edit"):
            people[key].append(seconds[entry.id].get("answer", entry.answer))
        if entry.model:
            models[key].append((entry.model, entry.generated_answer or entry.answer))
    return [Answers(tuple(given), tuple(models[key])) for key, given in people.items() if len(given) > 1]


def of_models(found: Sequence[Answers]) -> list[ModelAccuracy]:
    scores: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in found:
        reachable = best_accuracy(one.people)
        for model, answer in one.models:
            scores[model].append((vqa_accuracy(answer, one.people), reachable))
    made = [
        ModelAccuracy(model, len(of), sum(got for got, _ in of) / len(of), sum(best for _, best in of) / len(of))
        for model, of in scores.items()
    ]
    return sorted(made, key=lambda one: (-one.accuracy, one.model))
