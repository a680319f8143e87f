"""What the routes need of the house: the services of ``core.app``, by their names."""

from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import Depends, Request

from core.api.guard import Actor

if TYPE_CHECKING:
    from core.access import TokenService
    from core.dataset import CollaborationService, EntryQueries, ImageDatasetService, ReviewService
    from core.db import Database
    from core.export import ExportService, ImageDatasetExporter
    from core.images import DuplicateFinder, ImageIntake, ImageLibrary, ImageService
    from core.llm import LLMService
    from core.projects import ProjectService
    from core.questions import ImageAnswerGenerationTask, ImageQuestionGenerationTask
    from core.style.analysis_service import StyleAnalysisService
    from core.style.dataset_service import StyleDatasetService
    from core.style.generator import StyleGenerator
    from core.style.result_service import StyleResultService
    from core.tasks import LocalEngine, TaskService


class Rooms(Protocol):
    """The services over one database; ``core.app.Services`` is one."""

    @property
    def db(self) -> "Database": ...
    @property
    def projects(self) -> "ProjectService": ...
    @property
    def images(self) -> "ImageService": ...
    @property
    def library(self) -> "ImageLibrary": ...
    @property
    def intake(self) -> "ImageIntake": ...
    @property
    def duplicates(self) -> "DuplicateFinder": ...
    @property
    def llm(self) -> "LLMService": ...
    @property
    def questions(self) -> "ImageQuestionGenerationTask": ...
    @property
    def answers(self) -> "ImageAnswerGenerationTask": ...
    @property
    def dataset(self) -> "ImageDatasetService": ...
    @property
    def entries(self) -> "EntryQueries": ...
    @property
    def review(self) -> "ReviewService": ...
    @property
    def collaboration(self) -> "CollaborationService": ...
    @property
    def style_datasets(self) -> "StyleDatasetService": ...
    @property
    def style_analysis(self) -> "StyleAnalysisService": ...
    @property
    def style_generation(self) -> "StyleGenerator": ...
    @property
    def style_results(self) -> "StyleResultService": ...
    @property
    def exporter(self) -> "ImageDatasetExporter": ...
    @property
    def exports(self) -> "ExportService": ...
    @property
    def tasks(self) -> "TaskService": ...
    @property
    def tokens(self) -> "TokenService": ...
    @property
    def engine(self) -> "LocalEngine": ...


def _rooms(request: Request) -> Rooms:
    made: Rooms = request.app.state.services()
    return made


def _actor(request: Request) -> Actor:
    actor: Actor = request.scope["vitrine.actor"]
    return actor


House = Annotated[Rooms, Depends(_rooms)]
Asker = Annotated[Actor, Depends(_actor)]
