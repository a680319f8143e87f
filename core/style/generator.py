"""The service of generation: preview a request, make an image, judge and verify a result."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core import audit
from core.arguments import tidy_name
from core.db import BusinessProfiles, Database, GeneratedImages, Images, Projects
from core.errors import InvalidInputError, NotFoundError
from core.style import compose, datasets, judging, results, verification
from core.style.judging import JudgeInput
from core.style.models import ImageModel, image_model, model_config
from core.style.produce import ImageProducer, Produced
from core.style.requests import RequestPreview, StyleRequest
from core.style.verification import Verification

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import ChatReply, DatabaseLedger, LLMService, ModelConfig
    from core.style.hidden_images import HiddenImages

DEFAULT_PROJECT_NAME = "Generated images"
"""Name of the project that is created when a script generates an image in an empty database."""


class StyleGenerator:
    """Makes new images in the style of a style dataset."""

    def __init__(
        self,
        db_session: Database,
        llm_service: "LLMService",
        image_service: "ImageService",
        hidden_images: "HiddenImages",
    ) -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self._producer = ImageProducer(db_session, llm_service, image_service, hidden_images)

    def set_business_profile(self, project_id: str, business_name: str, vibes: str, theme: str) -> BusinessProfiles:
        """Set the brand with which every full prompt of the project begins.

        Raises:
            NotFoundError: there is no such project.
        """
        with self._db.transaction() as session:
            if session.get(Projects, project_id) is None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            profile = compose.business_profile(session, project_id) or BusinessProfiles(project_id=project_id)
            profile.business_name, profile.vibes, profile.theme = tidy_name(business_name), vibes.strip(), theme.strip()
            session.add(profile)
            audit.record(session, "brand.change", profile, label=profile.business_name)
            return profile

    def get_business_profile(self, project_id: str) -> BusinessProfiles | None:
        """Return the brand of the project, None when it has none."""
        with self._db.reading() as session:
            return compose.business_profile(session, project_id)

    def model_limits(self, config: dict[str, Any] | None = None) -> ImageModel:
        """Return the limits of the model of *config*: references, aspect ratios, sizes, prices."""
        return image_model(model_config(config).litellm_model, self._db.data_dir)

    def preview(
        self, request: StyleRequest, *, config: dict[str, Any] | None = None, project_id: str | None = None
    ) -> RequestPreview:
        """Return exactly what would be sent, without sending anything.

        Raises:
            InvalidInputError: the prompt is empty, the model does not make this aspect ratio or size, or the style
                dataset belongs to another project.
        """
        project_id = project_id or self._existing_project(request) or ""
        return self._producer.preview(project_id, request, model_config(config).litellm_model)

    async def generate(
        self,
        request: StyleRequest,
        config: dict[str, Any] | None = None,
        *,
        project_id: str | None = None,
        keep: bool = True,
    ) -> GeneratedImages:
        """Make one image and store it.

        Args:
            request: the prompt, the style dataset and how its images are used.
            config: the model; the offline model by default.
            project_id: by default the project of the style dataset, else the newest project.
            keep: put the image into the library; otherwise it is hidden until it is kept.

        Raises:
            InvalidInputError: the prompt is empty, the model does not make this aspect ratio or size, or the style
                dataset belongs to another project.
            NotFoundError: there is no such style dataset.
            LLMError: the model refused, answered with text, or could not be reached.
        """
        if project_id is None:
            project_id = await asyncio.to_thread(self._project_of, request)
        made = await asyncio.to_thread(self.count_made, project_id, [request.prompt])
        variant = made[request.prompt] + 1
        produced = await self.produce(project_id, request, model_config(config), variant=variant, keep=keep)
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
        """Make one image; the caller stores it with ``Produced.write`` in its own transaction.

        Args:
            project_id: the project of the result.
            request: what to make.
            model: the model that makes it.
            variant: number of the image among those of this prompt, from 1; the offline model draws each differently.
            task_id: the task that pays for the call.
            item_id: its item.
            keep: put the image into the library when it is stored.
        """
        ledger = self._ledger("style image", task_id, item_id)
        return await self._producer.produce(
            project_id, request, model, variant=variant, ledger=ledger, task_id=task_id, keep=keep
        )

    def count_made(self, project_id: str, prompts: Collection[str]) -> dict[str, int]:
        """Return how many images each of *prompts* has made in the project; the next one is another variant."""
        with self._db.reading() as session:
            return results.count_made(session, project_id, prompts)

    def judge_input(self, generated_id: str) -> JudgeInput:
        """Return what the judge of a result would be shown; its ``cost`` is the estimate.

        Raises:
            InvalidInputError: the result was made without references.
        """
        with self._db.reading() as session:
            return judging.judge_input(session, generated_id)

    async def judge(self, generated_id: str, config: dict[str, Any] | None = None) -> GeneratedImages:
        """Ask a vision model five questions about the style of a result; the answers are stored with its match score.

        Raises:
            InvalidInputError: the result was made without references.
            LLMError: the model could not be reached, or its reply cannot be used.
        """
        shown = await asyncio.to_thread(self.judge_input, generated_id)
        ledger = self._ledger("style judge")
        reply = await judging.ask(self._llm, self._images, shown, model_config(config), ledger)
        return await asyncio.to_thread(self._store_judgment, generated_id, reply, ledger)

    async def keep_if_verified(
        self, generated_id: str, question: str, expected: str, config: dict[str, Any] | None = None
    ) -> Verification:
        """Ask a vision model *question* about a result; on the *expected* answer keep it with an entry.

        Raises:
            InvalidInputError: question or expected answer is empty.
            LLMError: the model could not be reached, or its reply cannot be used.
        """
        if not question.strip() or not expected.strip():
            raise InvalidInputError("Write the question and the answer you planned.", field="question")
        model = model_config(config)
        image = await asyncio.to_thread(self._image_of, generated_id)
        ledger = self._ledger("style check")
        answer = await verification.ask(self._llm, self._images, image, question, model, ledger)
        if not verification.answer_matches(expected, answer):
            return Verification(expected, answer, matches=False)
        kept = await asyncio.to_thread(self._keep, generated_id)
        entry = await asyncio.to_thread(
            verification.make_entry, self._db, kept, question.strip(), expected.strip(), model.litellm_model
        )
        return Verification(expected, answer, matches=True, entry=entry)

    def _existing_project(self, request: StyleRequest) -> str | None:
        """Return the project of the style dataset, else the newest project."""
        newest = select(Projects.id).where(col(Projects.deleted_at).is_(None)).order_by(col(Projects.create_at).desc())
        with self._db.reading() as session:
            if request.dataset_id:
                return datasets.get(session, request.dataset_id).project_id
            return session.exec(newest.limit(1)).first()

    def _project_of(self, request: StyleRequest) -> str:
        """Return the project of the style dataset, else the newest project, else a new one."""
        if found := self._existing_project(request):
            return found
        with self._db.transaction() as session:
            project = Projects(name=DEFAULT_PROJECT_NAME)
            session.add(project)
            audit.record(session, "project.create", project)
            return project.id

    def _image_of(self, generated_id: str) -> Images:
        with self._db.reading() as session:
            image = results.image_of(session, results.get(session, generated_id))
        if image is None:
            raise NotFoundError("The image of this result was deleted. Run it again.")
        return image

    def _ledger(self, purpose: str, task_id: str | None = None, item_id: int | None = None) -> "DatabaseLedger":
        from core.llm import DatabaseLedger

        return DatabaseLedger(self._db, task_id=task_id, item_id=item_id, purpose=purpose)

    def _store(self, produced: Produced) -> GeneratedImages:
        with self._db.transaction() as session:
            generated = produced.write(session)
            audit.record(session, "result.generate", generated, model=generated.model)
            return generated

    def _store_judgment(self, generated_id: str, reply: "ChatReply", ledger: "DatabaseLedger") -> GeneratedImages:
        with self._db.transaction() as session:
            judged = judging.write(session, generated_id, reply, ledger)
            audit.record(session, "result.judge", judged, model=reply.model)
            return judged

    def _keep(self, generated_id: str) -> Images:
        with self._db.transaction() as session:
            image = results.keep(session, generated_id, "local")
            audit.record(session, "result.keep", results.get(session, generated_id))
            return image
