"""Whether a dataset is worth training on, from Python."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from core.arguments import require_config, require_many
from core.checks import measures, store
from core.checks.arena import comparing
from core.checks.arena.comparing import Standing
from core.checks.asking.comparing import compare_again
from core.checks.asking.estimate import AskingEstimate, estimate
from core.checks.asking.registry import asking_checks
from core.checks.asking.task import AskedCheckTask
from core.checks.measures import Guessability, Pruning, Verifiability
from core.checks.options import known_options, with_options_named
from core.checks.people import PeopleChecks
from core.checks.registry import checks
from core.checks.reporting.report import dataset_report
from core.checks.task import DatasetCheckTask
from core.dataset.matching import EntryFilters
from core.db import CheckRuns, Database, cached_until_write, require_database
from core.errors import VitrineError
from core.llm import LLMService, session_keys
from core.progress import ShowProgress
from core.tasks import TaskKind, TaskRunner, TaskService, models_of, run_shown

if TYPE_CHECKING:
    from core.images import ImageService


@dataclass(frozen=True)
class CheckReport:
    """The numbers of the newest run of a check, and of when and of what they are."""

    run_id: str
    check: str
    query: str
    """The search line of the entries that were checked; empty for all."""
    options: dict[str, Any]
    result: dict[str, Any]
    ended_at: datetime
    series: str = ""
    """What the run is one of, such as its model; empty for checks that keep one run."""


class DatasetChecks:
    """Runs the checks of a project and reads what they found.

    What a check says of each entry is in the search line: ``guessable:yes``, ``guessable:>80``, ``prune:yes``,
    ``verifiable:number``.
    """

    def __init__(
        self, db_session: Database, llm_service: LLMService | None = None, image_service: "ImageService | None" = None
    ) -> None:
        """The services are those that checks ask models with; without them they are made."""
        self._db = require_database(db_session)
        self.people = PeopleChecks(db_session)
        self._llm = llm_service or LLMService(settings=self._db.settings)
        self._given_images = image_service

    @property
    def _images(self) -> "ImageService":
        from core.images import ImageService

        return self._given_images or ImageService(self._db)

    def names(self) -> dict[str, str]:
        """Return the labels of the checks by name."""
        computed = {check.name: check.label for check in checks().values()}
        return computed | {check.name: check.label for check in asking_checks().values()}

    def task_type(self, check: str) -> str:
        """Return the type of task that runs a check: some ask models, the others compute."""
        return AskedCheckTask.task_type if check in asking_checks() else DatasetCheckTask.task_type

    @with_options_named(lambda check: _known_options(check))
    async def run(
        self,
        project_id: str,
        check: str,
        query: str = "",
        *,
        models: Sequence[Mapping[str, Any]] | None = None,
        cost_cap: float | None = None,
        progress: ShowProgress = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Run a check over the entries of a search line, and return its numbers.

        Args:
            check: ``guessable`` tells how many answers can be guessed without the image. ``balance`` tells which
                entries to leave out so that at most ``target`` (0 to 1) can be; nothing is changed by it.
                ``verifiable`` tells which answers a program can mark as right or wrong, ``tools`` which ones the tools
                support or contradict, ``twins`` what the drafted twins changed, ``worth`` in which order to label.
                These ask models: ``arena`` scores the answers of one, ``second-opinion`` compares its answers with
                and without the image, ``consensus`` groups the answers of several, ``judge`` scores answers by a
                rubric, and ``ratings`` gives FineVision's four ratings.
            query: a search line; rejected entries are never checked.
            models: model configs such as ``{"model": "openai/gpt-4o"}``, for a check that asks models. Its options
                ``sample`` (200, or "all") and ``seed`` say which entries are asked about.
            cost_cap: US dollars; the check ends with an error before a call that would exceed them.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            InvalidInputError: there is no such check, a value cannot be used, or there are too few entries.
            NotFoundError: there is no such project.
            VitrineError: models were asked, and no answer could be read, or the task stopped before its end.
        """
        kind = self._kind(check)
        tasks = TaskService(self._db, lambda: {kind.task_type: kind})
        config = _config(check, query, models, options)
        task = await asyncio.to_thread(tasks.create_task, project_id, kind.task_type, config, cost_cap=cost_cap)
        for place, model in enumerate(models_of(config)):
            if model.get("api_key"):
                session_keys.register(task.id, model["api_key"], place)
        runner = TaskRunner(self._db, {kind.task_type: kind})
        ended = await run_shown(self._db, runner, task.id, self.names()[check], progress)
        report = self.newest(project_id, check)
        if ended.ended_at is None:
            raise VitrineError(ended.note or "The check was stopped before its end. Resume its task.")
        if report is None or (ended.failed_count and report.run_id != task.id):
            raise VitrineError(tasks.items(task.id, state="failed")[-1].error)
        return report.result

    @with_options_named(lambda check: _known_options(check))
    def estimate(
        self,
        project_id: str,
        check: str,
        query: str = "",
        *,
        models: Sequence[Mapping[str, Any]],
        **options: Any,
    ) -> AskingEstimate:
        """Return what a check that asks models will send and cost; takes the arguments of :meth:`run`.

        Raises:
            InvalidInputError: there is no such check, or a value cannot be used.
        """
        return self.estimate_config(project_id, _config(check, query, models, options))

    def estimate_config(self, project_id: str, config: dict[str, Any]) -> AskingEstimate:
        """Return what :meth:`estimate` does, for the config of a task; an option may have any name there."""
        return estimate(self._db, self._llm, self._images, project_id, config)

    def _kind(self, check: str) -> TaskKind:
        if check in asking_checks():
            return AskedCheckTask(self._db, self._llm, self._images)
        return DatasetCheckTask(self._db)

    @cached_until_write
    def newest(self, project_id: str, check: str, series: str | None = None) -> CheckReport | None:
        """Return the newest run of a check that ended, of all series or of one; None when there is none."""
        with self._db.reading() as session:
            run = store.newest_run(session, project_id, check, series)
        return _report(run) if run is not None else None

    @cached_until_write
    def newest_of_each(self, project_id: str, check: str) -> list[CheckReport]:
        """Return the newest run of each series of a check, such as of each model, newest first."""
        with self._db.reading() as session:
            return [_report(run) for run in store.newest_runs(session, project_id, check)]

    async def run_arena(
        self,
        project_id: str,
        models: Sequence[Mapping[str, Any]],
        query: str = "is:confirmed",
        *,
        cost_cap: float | None = None,
        **options: Any,
    ) -> list[Standing]:
        """Ask models the questions of entries, score their answers, and return how all models stand.

        Args:
            models: model configs, such as ``{"model": "openai/mine", "api_base": "http://localhost:8000/v1"}``.
            query: a search line of the entries.
            cost_cap: US dollars for each model.
            options: ``sample`` (200, or "all"), ``seed``, ``fresh``, and ``instruction``, which is said behind each
                question in the place of a sentence that fits the type of answer.

        Raises:
            InvalidInputError: a value cannot be used, or there is no entry whose answer can be scored.
            VitrineError: a model gave no answer that could be read, or its task stopped before its end.
        """
        for model in models:
            await self.run(project_id, comparing.NAME, query, models=[model], cost_cap=cost_cap, **options)
        return self.arena_models(project_id)

    @cached_until_write
    def arena_models(self, project_id: str) -> list[Standing]:
        """Return the models that were run in the arena, best mean score first."""
        with self._db.reading() as session:
            return comparing.standings(session, project_id)

    @cached_until_write
    def compare_models(self, project_id: str, a: str, b: str) -> dict[str, Any]:
        """Return how the answers of model *a* differ from those of model *b*, on the entries that both answered.

        ``difference`` is the mean score of *a* minus that of *b* with its 95 % ``interval``, and ``p`` the p-value of a
        paired permutation test over images; ``mcnemar_p`` is of right and wrong alone. ``groups`` has the same by
        kind, language, type of answer and measure.

        Args:
            a: a model as :meth:`arena_models` names it.
            b: another one.

        Raises:
            InvalidInputError: both answered fewer than 20 entries.
            NotFoundError: one of them was not run in this project.
        """
        with self._db.reading() as session:
            return comparing.compared(session, project_id, a, b)

    def compare_again(self, project_id: str, check: str = "judge") -> dict[str, Any]:
        """Compare the newest run of a judge with the reviews as they are now, and return its numbers.

        No model is asked. ``trust`` of the numbers says whether the scores may filter entries.

        Args:
            check: ``judge`` or ``ratings``.

        Raises:
            InvalidInputError: the check is not compared with reviews, or no entry of the run is left.
            NotFoundError: the check was not run in this project.
        """
        compare_again(self._db, project_id, check)
        report = self.newest(project_id, check)
        assert report is not None  # noqa: S101 - it has just been compared
        return report.result

    def guessability(self, project_id: str, **filters: Unpack[EntryFilters]) -> Guessability:
        """Return how many answers can be guessed without the image, of the entries as they are now.

        Read from the newest run of the check when that is about the same entries and none was written since it began;
        otherwise computed, which takes seconds for 10,000 entries and is not stored. Rejected entries never count.

        Args:
            filters: those of :meth:`core.dataset.ImageDatasetService.list_dataset_entries`, such as
                ``search="kind:count"``.

        Raises:
            InvalidInputError: there are fewer than 20 entries, or the search line cannot be read.
            NotFoundError: there is no such project.
        """
        return measures.guessability(self._db, project_id, filters)

    def pruning(
        self, project_id: str, target: float = 0.5, *, keep_confirmed: bool = False, **filters: Unpack[EntryFilters]
    ) -> Pruning:
        """Return which entries to leave out so that at most a share *target* of the answers can be guessed.

        Nothing is changed or stored. Takes up to 13 times as long as :meth:`guessability`.

        Args:
            target: 0.05 to 0.95.
            keep_confirmed: leave out no entry that a person confirmed.
            filters: those of :meth:`guessability`.

        Raises:
            InvalidInputError: *target* is out of range, there are fewer than 20 entries, or the search line cannot be
                read.
            NotFoundError: there is no such project.
        """
        return measures.pruning(self._db, project_id, filters, {"target": target, "keep_confirmed": keep_confirmed})

    def verifiability(self, project_id: str, **filters: Unpack[EntryFilters]) -> Verifiability:
        """Return which answers a program can verify, of the entries as they are now; takes the same filters.

        Raises:
            InvalidInputError: the search line cannot be read.
            NotFoundError: there is no such project.
        """
        return measures.verifiability(self._db, project_id, filters)

    def report(self, project_id: str, path: str | Path | None = None, *, seed: int = 0, examples: int = 12) -> str:
        """Return the report of a project: an HTML page that fetches nothing, for reading, printing and handing on.

        It has what was counted, what the newest run of each check measured and how, what was not run, and *examples*
        entries drawn by *seed*. The same project, unchanged, gives the same text.

        Args:
            path: where the page is written too.

        Raises:
            NotFoundError: there is no such project.
        """
        page = dataset_report(self._db, project_id, seed=seed, examples=examples)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page


def _config(
    check: str, query: str, models: Sequence[Mapping[str, Any]] | None, options: dict[str, Any]
) -> dict[str, Any]:
    config = {"check": check, "query": query, "options": options}
    if models is None:
        return config
    chosen = require_many(models, "models", "dictionaries")
    return config | {"models": [dict(require_config(model, "each model")) for model in chosen]}


def _known_options(check: str) -> str:
    known: dict[str, Any] = {**checks(), **asking_checks()}
    if check not in known:
        return f"Use one of {', '.join(known)}."
    return f"Options of {check}: {known_options(known[check].options)}."


def _report(run: CheckRuns) -> CheckReport:
    assert run.ended_at is not None  # noqa: S101 - only runs that ended are read
    return CheckReport(run.id, run.check_name, run.query, run.options, run.result, run.ended_at, run.series)
