"""Task kinds for style datasets: analyze a style dataset, generate many images."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from core.errors import InvalidInputError
from core.style.requests import StyleRequest
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, models_of

if TYPE_CHECKING:
    from core.llm import ModelConfig
    from core.style.service import StyleGenerationService

ANALYSIS = "style-analysis"
GENERATION = "style-generation"

MAX_IMAGES = 1000
"""Images of one task: a typing error in the number of variants must not order ten thousand."""


class StyleAnalysisKind:
    """``config = {dataset_id, llm_config}``: one item for each image that the model has not analyzed."""

    task_type: ClassVar[str] = ANALYSIS
    label: ClassVar[str] = "Analyze style"

    def __init__(self, style: "StyleGenerationService") -> None:
        self._style = style

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        model = _model(config)
        dataset_id = _required(config, "dataset_id")
        rows = self._style.analysis.pending_images(dataset_id, model.litellm_model, project_id=project_id)
        return [ItemPlan(subject_id=row.id) for row in rows]

    async def run_item(self, item: ItemContext) -> ItemResult:
        analyzed = await self._style.analysis.analyze_image(
            item.subject_id, _with_key(item), task_id=item.task_id, item_id=item.item_id
        )
        return ItemResult(lambda session: {"row_id": analyzed.write(session).id})


class StyleGenerationKind:
    """``config = {request, prompts, variants, llm_config}``: one item for each prompt and variant.

    *request* is a ``StyleRequest`` as a dict; each of *prompts* replaces its prompt.
    """

    task_type: ClassVar[str] = GENERATION
    label: ClassVar[str] = "Generate images"

    def __init__(self, style: "StyleGenerationService") -> None:
        self._style = style

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        model = _model(config)
        variants = int(config.get("variants", 1))
        prompts = [str(prompt).strip() for prompt in config.get("prompts") or [] if str(prompt).strip()]
        if not prompts:
            raise InvalidInputError("There is no prompt. Write what the new images should show.", field="prompts")
        if not 1 <= variants * len(prompts) <= MAX_IMAGES:
            raise InvalidInputError(
                f"One task makes 1 to {MAX_IMAGES:,} images. Use fewer prompts or variants.", field="variants"
            )
        for prompt in prompts:
            self._style.generator.preview(_request(config, prompt), config=model.to_dict(), project_id=project_id)
        made = self._style.generator.count_made(project_id, prompts)
        return [
            ItemPlan(payload={"prompt": prompt, "variant": made[prompt] + number})
            for prompt in prompts
            for number in range(1, variants + 1)
        ]

    async def run_item(self, item: ItemContext) -> ItemResult:
        produced = await self._style.generator.produce(
            item.project_id,
            _request(item.config, item.payload["prompt"]),
            _with_key(item),
            variant=item.payload["variant"],
            task_id=item.task_id,
            item_id=item.item_id,
        )
        return ItemResult(lambda session: {"generated_id": produced.write(session).id})


def style_task_kinds(style: "StyleGenerationService") -> list[TaskKind]:
    """Return the task kinds of this package."""
    return [StyleAnalysisKind(style), StyleGenerationKind(style)]


def _request(config: dict[str, Any], prompt: str) -> StyleRequest:
    return StyleRequest.from_dict({**(config.get("request") or {}), "prompt": prompt})


def _model(config: dict[str, Any]) -> "ModelConfig":
    from core.llm import OFFLINE_MODEL, ModelConfig

    return ModelConfig.from_dict(next(iter(models_of(config)), {"model": OFFLINE_MODEL}))


def _with_key(item: ItemContext) -> "ModelConfig":
    """Return the model of the task, with the session key that was given to it, if any."""
    from dataclasses import replace

    from core.llm import session_keys

    key = session_keys.find(item.task_id)
    return replace(_model(item.config), api_key=key) if key else _model(item.config)


def _required(config: dict[str, Any], name: str) -> str:
    value = config.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInputError(f"The task needs {name}. Add it to its config.", field=name)
    return value
