"""The pipeline that makes one image: prepare references, call the model, check and measure the result."""

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core.db import Database, GeneratedImages, new_id, utc_now
from core.errors import BadReplyError, ImageRejectedError, VitrineError
from core.style import compose, results
from core.style.hidden_images import GENERATED, HiddenImages, insert_hidden
from core.style.models import image_model
from core.style.prepare import Prepared, prepare
from core.style.prompt import PromptPart, full_prompt
from core.style.requests import RequestPreview, StyleRequest

if TYPE_CHECKING:
    from core.images import ImageService, StoredFile
    from core.llm import ImageReply, LLMService, ModelConfig
    from core.llm.ledger import DatabaseLedger


@dataclass(frozen=True)
class Produced:
    """A generated image that is checked and measured, but not stored yet."""

    row: GeneratedImages
    stored: "StoredFile"
    reply: "ImageReply"
    ledger: "DatabaseLedger"
    actor: str

    def write(self, session: Session) -> GeneratedImages:
        """Insert the result and its image and settle the call, all in the caller's transaction."""
        image = insert_hidden(session, self.row.project_id, self.stored, GENERATED)
        is_duplicate = image.is_in_library
        self.row.image_id = image.id
        session.add(self.row)
        session.flush()
        self.ledger.settle(session, self.reply)
        if self.row.kept or is_duplicate:
            results.keep(session, self.row.id, self.actor)
        return self.row


class ImageProducer:
    """Makes one image at a time; holds no state between calls."""

    def __init__(
        self, db_session: Database, llm: "LLMService", images: "ImageService", hidden_images: HiddenImages
    ) -> None:
        self._db = db_session
        self._llm = llm
        self._images = images
        self._hidden = hidden_images

    def preview(self, project_id: str, request: StyleRequest, model: str) -> RequestPreview:
        """Return what *request* would send to *model*."""
        with self._db.reading() as session:
            return compose.preview(session, project_id, request, model, image_model(model, self._db.data_dir))

    async def produce(
        self,
        project_id: str,
        request: StyleRequest,
        config: "ModelConfig",
        *,
        ledger: "DatabaseLedger",
        variant: int = 1,
        task_id: str | None = None,
        keep: bool = False,
        actor: str = "local",
    ) -> Produced:
        """Make one image; the caller stores it with ``Produced.write``.

        Raises:
            LLMError: the model refused, answered with text, or could not be reached.
            BadReplyError: its reply is not an image that Vitrine accepts.
        """
        from core.llm import ImageRequest

        started = time.monotonic()
        plan = await asyncio.to_thread(self.preview, project_id, request, config.litellm_model)
        prepared = await prepare(plan.references, project_id, images=self._images, hidden_images=self._hidden)
        parts = await asyncio.to_thread(self._parts, project_id, plan, prepared)
        image_request = ImageRequest(
            full_prompt(parts), prepared.parts, aspect_ratio=request.aspect_ratio, size=request.size, variant=variant
        )
        reply = await self._llm.create_image(config, image_request, ledger=ledger)
        row = _row(project_id, plan, prepared, reply)
        row.task_id, row.kept = task_id, keep
        try:
            stored = await asyncio.to_thread(self._check, row.id, reply)
            row.match = await asyncio.to_thread(self._match, stored, plan, prepared)
        except VitrineError as error:
            await asyncio.to_thread(ledger.reject, reply, str(error))
            raise
        row.resolution, row.format = _size_and_format(stored)
        row.full_prompt = full_prompt(parts)
        row.recipe = _recipe(plan, parts, prepared, reply, config, time.monotonic() - started)
        return Produced(row, stored, reply, ledger, actor)

    def _parts(self, project_id: str, plan: RequestPreview, prepared: Prepared) -> tuple[PromptPart, ...]:
        """Return the parts of the prompt for the references that could be prepared."""
        sent = [ready.reference for ready in prepared.ready]
        with self._db.reading() as session:
            return compose.parts_of(session, project_id, plan.request, plan.dataset, sent)

    def _check(self, generated_id: str, reply: "ImageReply") -> "StoredFile":
        data = reply.images[-1] if reply.images else b""
        try:
            return self._hidden.check(f"generated-{generated_id[:8]}", data, source_ref=generated_id)
        except ImageRejectedError as error:
            raise BadReplyError(
                f"The model's reply is not an image that Vitrine accepts: {error} Try again or choose another model."
            ) from error

    def _match(self, stored: "StoredFile", plan: RequestPreview, prepared: Prepared) -> dict[str, Any]:
        """Return the palette of the result and, when references were sent, how well it matches their style."""
        from core.style import measuring
        from core.style.match import find_copy, match_style

        if stored.image is None:
            return {}
        palette = {"palette": measuring.palette_of(self._images, stored.image)}
        if plan.dataset is None or not prepared.ready:
            return palette
        own = measuring.style_of(self._images, stored.image)
        references = [measuring.style_of(self._images, ready.image) for ready in prepared.ready]
        with self._db.reading() as session:
            dataset = compose.features_of(session, plan.dataset.id)
        named = [(ready.reference.id, features) for ready, features in zip(prepared.ready, references, strict=True)]
        copy = find_copy(own, [*named, *dataset])
        match = match_style(own, references, [features for _, features in dataset])
        return palette | replace(match, copy=copy).to_json()


def _row(project_id: str, plan: RequestPreview, prepared: Prepared, reply: "ImageReply") -> GeneratedImages:
    request = plan.request
    return GeneratedImages(
        id=new_id(), project_id=project_id, prompt=request.prompt, dataset_id=request.dataset_id,
        dataset_version=plan.dataset.version if plan.dataset else None, style=request.style,
        aspect_ratio=request.aspect_ratio, quality=request.size or "",
        reference_images_count=len(prepared.ready), model=reply.model or plan.model,
        caption=reply.text.strip(), call_id=reply.call_id, cost=reply.cost, parent_id=request.parent_id,
    )  # fmt: skip


def _size_and_format(stored: "StoredFile") -> tuple[str, str]:
    image = stored.image
    return (f"{image.width}x{image.height}", image.format) if image else ("", "")


def _recipe(
    plan: RequestPreview,
    parts: tuple[PromptPart, ...],
    prepared: Prepared,
    reply: "ImageReply",
    config: "ModelConfig",
    duration_s: float,
) -> dict[str, Any]:
    """Return the recipe of the image: everything that is needed to explain, repeat and price it."""
    dataset = plan.dataset
    return {
        "request": plan.request.to_dict(),
        "model": config.to_dict(),
        "dataset": {"id": dataset.id, "name": dataset.name, "version": dataset.version} if dataset else None,
        "parts": [{"name": part.name, "text": part.text, "edited": part.edited} for part in parts],
        "full_prompt": full_prompt(parts),
        "references": [ready.to_recipe() for ready in prepared.ready],
        "failed_references": [{"number": f.number, "name": f.name, "why": f.why} for f in prepared.failed],
        "notices": [*plan.notices, *prepared.notices],
        "sent": reply.sent,
        "finish_reason": reply.finish_reason,
        "text": reply.text,
        "cost": reply.cost,
        "duration_s": round(duration_s, 2),
        "made_at": utc_now().isoformat(),
    }
