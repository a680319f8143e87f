"""The service of style: requests, generation and results, on top of the style datasets."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.db import BusinessProfiles, Database, GeneratedImages, Images, Projects
from core.errors import InvalidInputError, NotFoundError
from core.style import closed_loop, compose, judging, results
from core.style.closed_loop import Checked
from core.style.generate import Generator, Produced
from core.style.hidden_images import Fetch
from core.style.library import StyleLibrary, model_config
from core.style.models import ImageModel, image_model
from core.style.requests import DEFAULT_REFERENCES, RequestPreview, StyleRequest
from core.style.results import Result, ResultFilter, ResultPage, UsedReference

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import ChatReply, DatabaseLedger, LLMService, ModelConfig
    from core.style.references import Choice

_LOOSE_PROJECT = "Generated images"


class StyleGenerationService(StyleLibrary):
    """New images in the style of the old ones."""

    def __init__(
        self,
        db_session: Database,
        llm_service: "LLMService",
        image_service: "ImageService",
        fetch: Fetch | None = None,
    ) -> None:
        super().__init__(db_session, llm_service, image_service, fetch)
        self._generator = Generator(db_session, llm_service, image_service, self.shelf)

    def set_business_profile(self, project_id: str, business_name: str, vibes: str, theme: str) -> BusinessProfiles:
        """Say whose images these are; every full prompt of the project begins with it."""
        with self._db.transaction() as session:
            if session.get(Projects, project_id) is None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            found = session.exec(select(BusinessProfiles).where(BusinessProfiles.project_id == project_id)).first()
            profile = found or BusinessProfiles(project_id=project_id)
            profile.business_name, profile.vibes, profile.theme = business_name.strip(), vibes.strip(), theme.strip()
            session.add(profile)
            return profile

    def business_profile(self, project_id: str) -> BusinessProfiles | None:
        with self._db.reading() as session:
            return session.exec(select(BusinessProfiles).where(BusinessProfiles.project_id == project_id)).first()

    def limits_of(self, config: dict[str, Any] | None = None) -> ImageModel:
        """Return what the model of *config* takes: references, aspect ratios, sizes."""
        return image_model(model_config(config).litellm_model, self._db.data_dir)

    # --- requests ------------------------------------------------------------------------------------------

    def choose_references(self, request: StyleRequest, *, model: str = "") -> "Choice":
        """Return which images of the style dataset would be sent, and why the others would not."""
        with self._db.reading() as session:
            return compose.choose(session, request, image_model(model or _offline(), self._db.data_dir))

    def preview_request(
        self, request: StyleRequest, *, config: dict[str, Any] | None = None, project_id: str | None = None
    ) -> RequestPreview:
        """Return exactly what would be sent, without sending anything.

        Raises:
            InvalidInputError: the prompt is empty, the model does not make this aspect ratio or size, or the style
                dataset belongs to another project.
        """
        project_id = project_id or self._project_of(request)
        return self._generator.preview(project_id, request, model_config(config).litellm_model)

    async def generate_image(
        self,
        prompt: str,
        dataset_id: str | None = None,
        style: str | None = None,
        aspect_ratio: str = "1:1",
        reference_image_count: int = DEFAULT_REFERENCES,
        config: dict[str, Any] | None = None,
        *,
        project_id: str | None = None,
        keep: bool = True,
        **more: Any,
    ) -> GeneratedImages:
        """Make one image in the style of a style dataset and put it into the project.

        Without *dataset_id* only the text is sent; without *project_id* as well, the image goes into the newest
        project. *more* are further fields of ``StyleRequest``: ``size``, ``wording``, ``pinned``, ``excluded``,
        ``overrides``.

        Raises:
            InvalidInputError: the prompt is empty, the model does not make this aspect ratio or size, or the style
                dataset belongs to another project.
            NotFoundError: no such style dataset.
            LLMError: the model refused, answered in words, or could not be reached.
        """
        request = StyleRequest.from_dict(
            {
                "prompt": prompt,
                "dataset_id": dataset_id,
                "style": style,
                "aspect_ratio": aspect_ratio,
                "reference_image_count": reference_image_count,
                **more,
            }
        )
        if project_id is None:
            project_id = await asyncio.to_thread(self._project_of, request)
        made = await asyncio.to_thread(self.times_made, project_id, [prompt])
        produced = await self.produce(project_id, request, model_config(config), variant=made[prompt] + 1, keep=keep)
        return await asyncio.to_thread(self._store, produced)

    async def produce(
        self,
        project_id: str,
        request: StyleRequest,
        model: "ModelConfig",
        *,
        variant: int = 1,
        task_id: str | None = None,
        item_id: int | None = None,
        keep: bool = False,
    ) -> Produced:
        """Make one image without storing its row: for whoever has a transaction to put it in."""
        ledger = self.ledger(task_id, item_id, "style image")
        return await self._generator.produce(
            project_id, request, model, variant=variant, ledger=ledger, task_id=task_id, keep=keep
        )

    def times_made(self, project_id: str, prompts: Collection[str]) -> dict[str, int]:
        """Return how many images each of *prompts* has made in this project; the next one is another variant."""
        with self._db.reading() as session:
            return results.times_made(session, project_id, prompts)

    def _store(self, produced: Produced) -> GeneratedImages:
        with self._db.transaction() as session:
            return produced.write(session)

    def _project_of(self, request: StyleRequest) -> str:
        """Return the project of the style dataset, else the newest, else a new one."""
        if request.dataset_id:
            return self.get_style_dataset(request.dataset_id).project_id
        newest = select(Projects).where(col(Projects.deleted_at).is_(None)).order_by(col(Projects.create_at).desc())
        with self._db.transaction() as session:
            project = session.exec(newest).first() or Projects(name=_LOOSE_PROJECT)
            session.add(project)
            return project.id

    # --- results -------------------------------------------------------------------------------------------

    def result(self, generated_id: str) -> Result:
        with self._db.reading() as session:
            row = results.get(session, generated_id)
            return Result(row, results.image_of(session, row))

    def history(
        self, project_id: str, wanted: ResultFilter | None = None, *, limit: int = 24, after: str | None = None
    ) -> ResultPage:
        """Return results, the newest first."""
        with self._db.reading() as session:
            return results.find(session, project_id, wanted or ResultFilter(), limit=limit, after=after)

    def models_used(self, project_id: str) -> list[str]:
        """Return the models that made results of this project, by name."""
        with self._db.reading() as session:
            return results.models_used(session, project_id)

    def keep(self, generated_id: str, actor: str = "local") -> Images:
        """Put a result into the project as an image, marked as generated."""
        with self._db.transaction() as session:
            return results.keep(session, generated_id, actor)

    def put_back(self, generated_id: str, actor: str = "local") -> GeneratedImages:
        """Take a kept result out of the project again; it stays in the history."""
        with self._db.transaction() as session:
            return results.put_back(session, generated_id, actor)

    def discard(self, generated_id: str) -> GeneratedImages:
        with self._db.transaction() as session:
            return results.discard(session, generated_id)

    def restore(self, generated_id: str) -> GeneratedImages:
        """Undo discarding."""
        with self._db.transaction() as session:
            return results.restore(session, generated_id)

    def rate(self, generated_id: str, rating: int) -> GeneratedImages:
        """Keep a person's thumb beside the score: 1 up, -1 down, 0 none."""
        with self._db.transaction() as session:
            return results.rate(session, generated_id, rating)

    def references_of(self, image_ids: list[str]) -> dict[str, list[str]]:
        """Return for each generated image the ids of the images it was made after: they share a split."""
        with self._db.reading() as session:
            return results.references_of(session, image_ids)

    def references_used(self, generated_id: str) -> list[UsedReference]:
        """Return what a result was made after, in order; what could not be sent stands among it."""
        with self._db.reading() as session:
            return results.references_used(session, generated_id)

    def use_as_reference(self, generated_id: str, dataset_id: str) -> None:
        """Add the image of a result to a style dataset and measure it."""
        found = self.result(generated_id)
        if found.image is None:
            raise NotFoundError("The image of this result is gone. Run it again.")
        self.add_images(dataset_id, [found.image.id])
        self.measure_images(dataset_id)

    async def keep_if_it_shows(
        self, generated_id: str, question: str, answer: str, config: dict[str, Any] | None = None
    ) -> Checked:
        """Ask a vision model *question* about a result; keep it with an entry only when it answers *answer*.

        Raises:
            InvalidInputError: question or answer is empty.
            LLMError: the model could not be reached, or its reply cannot be used.
        """
        if not question.strip() or not answer.strip():
            raise InvalidInputError("Write the question and the answer that was planned.", field="question")
        model = model_config(config)
        found = await asyncio.to_thread(self.result, generated_id)
        if found.image is None:
            raise NotFoundError("The image of this result is gone. Run it again.")
        ledger = self.ledger(purpose="style check")
        seen = await closed_loop.ask(self._llm, self._images, found.image, question, model, ledger)
        if not closed_loop.fits(answer, seen):
            return Checked(answer, seen, fits=False)
        image = await asyncio.to_thread(self.keep, generated_id)
        entry = await asyncio.to_thread(
            closed_loop.make_entry, self._db, image, question.strip(), answer.strip(), model.litellm_model
        )
        return Checked(answer, seen, fits=True, entry=entry)

    def judging_of(self, generated_id: str) -> judging.Case:
        """Return what a judge of this result would be shown, and with it what that costs.

        Raises:
            InvalidInputError: there are no references to compare it with.
        """
        with self._db.reading() as session:
            return judging.case_of(session, generated_id)

    async def judge(self, generated_id: str, config: dict[str, Any] | None = None) -> GeneratedImages:
        """Let a vision model answer five questions on the style of a result; stored beside its score.

        Raises:
            InvalidInputError: there are no references to compare it with.
            LLMError: the model could not be reached, or its reply cannot be used.
        """
        case = await asyncio.to_thread(self.judging_of, generated_id)
        ledger = self.ledger(purpose="style judge")
        reply = await judging.ask(self._llm, self._images, case, model_config(config), ledger)
        return await asyncio.to_thread(self._store_judgement, case, reply, ledger)

    def _store_judgement(self, case: judging.Case, reply: "ChatReply", ledger: "DatabaseLedger") -> GeneratedImages:
        with self._db.transaction() as session:
            return judging.write(session, case, reply, ledger)


def _offline() -> str:
    from core.llm import OFFLINE_MODEL

    return OFFLINE_MODEL
