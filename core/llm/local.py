"""Finding the model servers of this machine on their usual ports."""

import asyncio

from core.llm.models import offered
from core.llm.types import ModelInfo

# A port where nobody listens refuses at once; only a busy server takes long.
_TIMEOUT_S = 3.0
_MAX_MODELS = 200


async def find_local_models() -> list[ModelInfo]:
    """Return the models of every local server that answers; their vision ability is unknown."""
    servers = offered()["local_servers"]
    found = await asyncio.gather(*(_models_of(name, base) for name, base in servers.items()))
    return [info for infos in found for info in infos]


async def _models_of(server: str, api_base: str) -> list[ModelInfo]:
    import httpx

    try:
        async with asyncio.timeout(_TIMEOUT_S), httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as client:
            answer = await client.get(f"{api_base}/models")
            listed = answer.json()["data"] if answer.status_code == 200 else []
            names = [str(entry["id"]) for entry in listed[:_MAX_MODELS]]
    except (httpx.HTTPError, TimeoutError, OSError, ValueError, KeyError, TypeError):
        return []
    return [
        ModelInfo(
            model=f"openai/{name}", provider="openai", vision=None, key_source="none needed",
            note=f"{server} at {api_base}", api_base=api_base,
        )
        for name in names
    ]  # fmt: skip
