"""Terms of the search line about what the newest run of a check of the dataset found."""

from typing import Any

from sqlalchemy import ColumnElement, Subquery, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from core.db import CheckRuns, EntryFindings, ImageDatasets
from core.db.comparing import number_is
from core.errors import InvalidInputError

Condition = ColumnElement[bool]


def guessable(value: str) -> Condition:
    """Return the condition of ``guessable:``: yes, no, or the chance of a right guess in percent, such as >80."""
    if value == "yes":
        return found_by("guessable", EntryFindings.verdict == "guessed")
    if value == "no":
        return found_by("guessable", EntryFindings.verdict == "not guessed")
    try:
        return found_by("guessable", number_is(col(EntryFindings.score) * literal_column("100.0"), "guessable")(value))
    except InvalidInputError as error:
        raise InvalidInputError("guessable: takes yes, no, or percent such as >80.", field="q") from error


def prune(value: str) -> Condition:
    """Return the condition of ``prune:``: whether the check ``balance`` proposes to leave the entry out."""
    proposed = found_by("balance", EntryFindings.verdict == "leave out")
    return proposed if value == "yes" else ~proposed


def verifiable(value: str) -> Condition:
    """Return the condition of ``verifiable:``: the checker that verifies the answer, or ``no``."""
    return found_by("verifiable", EntryFindings.verdict == value)


def arena(value: str) -> Condition:
    """Return the condition of ``arena:``: which model answered right or wrong, or better than which other one."""
    first, sign, second = value.partition(">")
    if sign and first and second:
        better, worse = aliased(EntryFindings), aliased(EntryFindings)
        return (
            select(1)
            .where(
                better.entry_id == ImageDatasets.id, better.run_id == _newest_id("arena", first),
                worse.entry_id == ImageDatasets.id, worse.run_id == _newest_id("arena", second),
                col(better.score) > col(worse.score),
            )
            .correlate(ImageDatasets)
            .exists()
        )  # fmt: skip
    model, _, verdict = value.rpartition("=")
    if model and verdict in ("right", "wrong"):
        return found_by("arena", EntryFindings.verdict == verdict, series=model)
    raise InvalidInputError(
        "arena: takes two models, as in arena:openai/gpt-4o>offline/see, or one, as in arena:offline/see=wrong.",
        field="q",
    )


def tools(value: str) -> Condition:
    """Return the condition of ``tools:``: what tools say of the answer: contradicts, supports or unsure."""
    return found_by("tools", EntryFindings.verdict == value)


def blind(value: str) -> Condition:
    """Return the condition of ``blind:``: whether a model gave the stored answer without the image."""
    return _opinion(value, ("both", "blind", "guessed"), ("seen", "neither", "not guessed"))


def seen(value: str) -> Condition:
    """Return the condition of ``seen:``: whether a model gave the stored answer with the image."""
    return _opinion(value, ("both", "seen"), ("blind", "neither"))


def consensus(value: str) -> Condition:
    """Return the condition of ``consensus:``: whether the stored answer is the one that most answers of models mean."""
    return found_by("consensus", EntryFindings.verdict == ("agrees" if value == "yes" else "other"))


def doubt(value: str) -> Condition:
    """Return the condition of ``doubt:``: how far answers of models disagree, in percent, such as >50."""
    return found_by("consensus", number_is(col(EntryFindings.score) * literal_column("100.0"), "doubt")(value))


def _opinion(value: str, yes: tuple[str, ...], no: tuple[str, ...]) -> Condition:
    return found_by("second-opinion", col(EntryFindings.verdict).in_(yes if value == "yes" else no))


def judge(value: str) -> Condition:
    """Return the condition of ``judge:``: the mean score, of a judge that is trusted.

    :func:`core.dataset.judge_trust.require_trusted_judge` says so when it is not.
    """
    trusted = select(1).where(
        CheckRuns.id == EntryFindings.run_id, CheckRuns.result["trust"]["answer"].as_string() == "yes"
    )
    score = number_is(col(EntryFindings.score), "judge")(value)
    return found_by("judge", score & trusted.correlate(EntryFindings).exists())


def told_by_tools(project_id: str, verdict: str) -> Subquery:
    """Return the ``entry_id`` of the entries of ``tools:verdict``."""
    newest = _newest_run(CheckRuns.project_id == project_id, "tools").scalar_subquery()
    told = (EntryFindings.run_id == newest, EntryFindings.verdict == verdict)
    return select(EntryFindings.entry_id).where(*told).subquery()


def worth(value: str) -> Condition:
    """Return the condition of ``worth:``: whether the check ``worth`` has chosen the entry as one of the next."""
    chosen = found_by("worth", condition=True)
    return chosen if value == "yes" else ~chosen


def worth_ranks(project_id: str) -> Subquery:
    """Return the ``entry_id`` and the ``score`` of the entries of ``worth:yes``; the score is their rank, from 1."""
    newest = _newest_run(CheckRuns.project_id == project_id, "worth").scalar_subquery()
    return select(EntryFindings.entry_id, EntryFindings.score).where(EntryFindings.run_id == newest).subquery()


def heldout(value: str) -> Condition:
    """Return the condition of ``heldout:``: what of the entry the held-out set has that was compared last."""
    if value in ("yes", "no"):
        found = found_by("heldout", col(EntryFindings.verdict).in_(("both", "image")))
        return found if value == "yes" else ~found
    return found_by("heldout", EntryFindings.verdict == value)


def found_by(check: str, condition: ColumnElement[bool] | bool, *, series: str | None = None) -> Condition:
    """Return the condition that the newest run of *check* has a finding of the entry that fulfills *condition*.

    Args:
        series: of the run, for checks whose runs stay side by side; None for the newest of all.
    """
    return (
        select(1)
        .where(EntryFindings.entry_id == ImageDatasets.id, EntryFindings.run_id == _newest_id(check, series), condition)
        .correlate(ImageDatasets)
        .exists()
    )


def _newest_id(check: str, series: str | None) -> Any:
    """Return the subquery of the id of the newest run of *check* in the project of the entry."""
    run = _newest_run(CheckRuns.project_id == ImageDatasets.project_id, check)
    if series is not None:
        run = run.where(CheckRuns.series == series)
    return run.correlate(ImageDatasets).scalar_subquery()


def _newest_run(of_project: ColumnElement[bool] | bool, check: str) -> Any:
    ended = (of_project, CheckRuns.check_name == check, col(CheckRuns.ended_at).is_not(None))
    return select(CheckRuns.id).where(*ended).order_by(col(CheckRuns.ended_at).desc()).limit(1)
