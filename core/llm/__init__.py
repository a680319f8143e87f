"""The only package that imports litellm: calls, retries, costs, replies, and the offline provider."""

from core.llm.batches.offer import BatchOffer
from core.llm.lanes import Lane, lane_of, lanes_of, require_lane
from core.llm.ledger import DatabaseLedger, Ledger, PaidCall
from core.llm.profiles import ModelProfileService
from core.llm.service import LLMService
from core.llm.types import (
    OFFLINE_MODEL,
    OFFLINE_MODELS,
    SEE_MODEL,
    ChatReply,
    ChatRequest,
    ConnectionResult,
    CostEstimate,
    ImagePart,
    ImageReply,
    ImageRequest,
    ModelConfig,
    ModelInfo,
    Purpose,
    RetryPolicy,
)

__all__ = [
    "OFFLINE_MODEL",
    "OFFLINE_MODELS",
    "SEE_MODEL",
    "BatchOffer",
    "ChatReply",
    "ChatRequest",
    "ConnectionResult",
    "CostEstimate",
    "DatabaseLedger",
    "ImagePart",
    "ImageReply",
    "ImageRequest",
    "LLMService",
    "Lane",
    "Ledger",
    "ModelConfig",
    "ModelInfo",
    "ModelProfileService",
    "PaidCall",
    "Purpose",
    "RetryPolicy",
    "lane_of",
    "lanes_of",
    "require_lane",
]
