"""Finds the model servers on this machine at their default URLs."""

import asyncio
from urllib.parse import urlsplit

from core.allowed_hosts import AllowedHosts
from core.llm import providers
from core.llm.types import ModelInfo

# A port without a listener refuses at once; only a busy server takes long.
_TIMEOUT_S = 3.0
_MAX_MODELS = 200


async def find_local_models(allowed: AllowedHosts | None = None) -> list[ModelInfo]:
    """Return the models of every local server that answers; whether they accept images is unknown.

    Args:
        allowed: Ask only these servers; None: all.
    """
    urls = [provider.local_url for provider in providers.table().providers.values() if provider.local_url]
    if allowed is not None:
        urls = [url for url in urls if _is_allowed(url, allowed)]
    found = await asyncio.gather(*(_models_at(url) for url in urls))
    return [info for infos in found for info in infos]


def _is_allowed(url: str, allowed: AllowedHosts) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return allowed.has_name(host, parts.port or 80) or (host != "localhost" and allowed.has_address(host))


async def _models_at(api_base: str) -> list[ModelInfo]:
    import httpx

    try:
        async with asyncio.timeout(_TIMEOUT_S), httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as client:
            response = await client.get(f"{api_base}/models")
            listed = response.json()["data"] if response.status_code == 200 else []
            names = [str(entry["id"]) for entry in listed[:_MAX_MODELS]]
    except (httpx.HTTPError, TimeoutError, OSError, ValueError, KeyError, TypeError):
        return []
    return [
        ModelInfo(model=f"openai/{name}", provider="openai", vision=None, key_source="none needed", api_base=api_base)
        for name in names
    ]
