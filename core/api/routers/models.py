"""Models: which there are, what they can do, whether one answers."""

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import MODEL_PROBLEMS, Answer, Body, ModelChoice
from core.llm import ModelConfig

router = APIRouter(prefix="/api/models", tags=["models"])


class ModelAnswer(Answer):
    """A model; *vision* is null when nobody knows, prices are US dollars per million tokens."""

    model: str
    provider: str
    vision: bool | None
    image_output: bool
    input_price: float | None
    output_price: float | None
    deprecated_on: str | None
    key_source: str | None


class ModelList(Answer):
    items: list[ModelAnswer]
    next_cursor: None = None
    total: int


class ConnectionTest(Body):
    llm_config: ModelChoice


class ConnectionAnswer(Answer):
    ok: bool
    sentence: str
    latency_s: float
    cost: float | None


@router.get("")
def list_models(services: ServicesDep) -> ModelList:
    """List the models this server knows; any other that litellm reaches may be named too."""
    items = [ModelAnswer.model_validate(info) for info in services.llm.models()]
    return ModelList(items=items, total=len(items))


@router.post("/test", responses=MODEL_PROBLEMS)
async def test_model(body: ConnectionTest, services: ServicesDep) -> ConnectionAnswer:
    """Send one small picture to a model and say what came of it; this costs a call."""
    config = ModelConfig.from_dict(body.llm_config.model_dump(exclude_none=True))
    return ConnectionAnswer.model_validate(await services.loop.call(services.llm.test_connection(config)))
