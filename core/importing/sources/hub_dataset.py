"""A dataset on the Hugging Face Hub; no script in it is ever run."""

from collections.abc import Iterable
from typing import Any

from core.errors import InvalidInputError
from core.images.import_context import ImportContext
from core.importing import stages
from core.importing.sources.base import Source, SourceOption
from core.tasks import ItemPlan


class HubSource(Source):
    """Reads ``hub``, the Parquet files of a dataset on the Hub, perhaps those of one ``split``."""

    name = "huggingface"
    label = "Hugging Face dataset"
    input = "text"
    input_key = "hub"
    input_label = "Name on the Hub"
    placeholder = "owner/name"
    options = (SourceOption("split", "Split", "all"),)

    def config_of(self, entered: Any) -> dict[str, Any]:
        return {"source": self.name, "hub": str(entered).strip().removeprefix("hf://datasets/")}

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[ItemPlan]:
        name = str(config.get("hub") or "").strip()
        if not name:
            raise InvalidInputError("Write the name of a dataset as owner/name, as on its page.", field="hub")
        return [
            ItemPlan(payload={"do": "find", "name": name}, stage=stages.OPEN),
            ItemPlan(payload={"do": "match"}, stage=stages.MATCH),
        ]
