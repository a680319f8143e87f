"""Routes of models: the list with abilities and prices, and the connection test."""

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import MODEL_PROBLEMS, ModelChoice, RequestBody, ResponseBody
from core.llm import ModelConfig

router = APIRouter(prefix="/api/models", tags=["models"])


class ModelAnswer(ResponseBody):
    """A model; *vision* is null when unknown, prices are US dollars per million tokens."""

    model: str
    provider: str
    vision: bool | None
    image_output: bool
    input_price: float | None
    output_price: float | None
    deprecated_on: str | None
    key_source: str | None


class ModelList(ResponseBody):
    """All models; there is only one page."""

    items: list[ModelAnswer]
    next_cursor: None = None
    total: int


class ConnectionTest(RequestBody):
    """The model to test."""

    llm_config: ModelChoice


class ConnectionAnswer(ResponseBody):
    """Outcome of the connection test; *cost* is in US dollars."""

    ok: bool
    sentence: str
    latency_s: float
    cost: float | None


@router.get("")
def list_models(services: ServicesDep) -> ModelList:
    """List the suggested models and those with a key; requests may name any other model that litellm knows."""
    items = [ModelAnswer.model_validate(info) for info in services.llm.models()]
    return ModelList(items=items, total=len(items))


@router.post("/test", responses=MODEL_PROBLEMS)
async def test_model(body: ConnectionTest, services: ServicesDep) -> ConnectionAnswer:
    """Send one small image to a model and describe the outcome; the call costs money."""
    config = ModelConfig.from_dict(body.llm_config.model_dump())
    result = await services.loop.call(services.llm.test_connection(config))
    return ConnectionAnswer(ok=result.ok, sentence=result.message, latency_s=result.latency_s, cost=result.cost)
