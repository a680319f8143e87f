"""A fake image model in place of LLMService: returns images from a queue and records the requests."""

from collections import deque
from typing import Any

from core.llm import DatabaseLedger, ImageReply, ImageRequest, ModelConfig
from core.llm.ledger import CallStart
from tests.fakes.model import FakeModel


class FakeImageModel(FakeModel):
    """Returns the enqueued image bytes in order; an enqueued exception is raised."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[ImageRequest] = []
        self._images: deque[bytes | Exception] = deque()

    def enqueue_images(self, *images: bytes | Exception) -> None:
        self._images.extend(images)

    async def create_image(self, config: ModelConfig, request: ImageRequest, *, ledger: Any = None) -> ImageReply:
        self.requests.append(request)
        call_id = None
        if isinstance(ledger, DatabaseLedger):
            call_id = ledger.start(CallStart(config.litellm_model, "0" * 64, request.prompt, {}, attempt=1))
        image = self._images.popleft()
        if isinstance(image, Exception):
            raise image
        return ImageReply(
            images=(image,), text="Here it is.", finish_reason="stop", cost=0.039, model=config.litellm_model,
            call_id=call_id, sent={"prompt": request.prompt, "references": len(request.references)},
        )  # fmt: skip
