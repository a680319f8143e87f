"""Routes of profiles: models with their address and parameters under names."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.schemas import ModelChoice, RequestBody, ResponseBody

router = APIRouter(prefix="/api/profiles", tags=["models"])

ProfileName = Annotated[str, Path(min_length=1, max_length=60)]


class ProfileAnswer(ResponseBody):
    """A model under a name; *config* is what an ``llm_config`` has, without a key."""

    name: str
    config: dict[str, Any]
    create_at: datetime


class Profiles(ResponseBody):
    """All profiles, by name."""

    items: list[ProfileAnswer]


class NewProfile(RequestBody):
    """The model of a profile; its ``api_key`` is not stored."""

    llm_config: ModelChoice = Field(description="with api_base: the address of a model of one's own")


@router.get("")
def list_profiles(services: ServicesDep) -> Profiles:
    """List the profiles of the server."""
    return Profiles(items=[ProfileAnswer.model_validate(row) for row in services.profiles.list_profiles()])


@router.put("/{profile}")
def save_profile(profile: ProfileName, body: NewProfile, services: ServicesDep) -> ProfileAnswer:
    """Store a model under a name, in place of the one that has it."""
    config = body.llm_config.model_dump()
    return ProfileAnswer.model_validate(services.profiles.save_profile(profile, config))


@router.delete("/{profile}", status_code=204)
def remove_profile(profile: ProfileName, services: ServicesDep) -> None:
    """Remove a profile; tasks that were started with it are not affected."""
    services.profiles.remove_profile(profile)
