"""Routes of models: the list with abilities and prices, and the connection test."""

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import MODEL_PROBLEMS, Answer, Body, ModelChoice
from core.llm import ModelConfig

router = APIRouter(prefix="/api/models", tags=["models"])


class ModelAnswer(Answer):
    """A model; *vision* is null when unknown, prices are US dollars per million tokens."""

    model: str
    provider: str
    vision: bool | None
    image_output: bool
    input_price: float | None
    output_price: float | None
    deprecated_on: str | None
    key_source: str | None


class ModelList(Answer):
    """All models; there is only one page."""

    items: list[ModelAnswer]
    next_cursor: None = None
    total: int


class ConnectionTest(Body):
    """The model to test."""

    llm_config: ModelChoice


class ConnectionAnswer(Answer):
    """Outcome of the connection test; *cost* is in US dollars."""

    ok: bool
    sentence: str
    latency_s: float
    cost: float | None


@router.get("")
def list_models(services: ServicesDep) -> ModelList:
    """List the suggested models and those with a key; any other that litellm knows may be named too."""
    items = [ModelAnswer.model_validate(info) for info in services.llm.models()]
    return ModelList(items=items, total=len(items))


@router.post("/test", responses=MODEL_PROBLEMS)
async def test_model(body: ConnectionTest, services: ServicesDep) -> ConnectionAnswer:
    """Send one small image to a model and describe the outcome; this costs a call."""
    config = ModelConfig.from_dict(body.llm_config.model_dump(exclude_none=True))
    return ConnectionAnswer.model_validate(await services.loop.call(services.llm.test_connection(config)))
