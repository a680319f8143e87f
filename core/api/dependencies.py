"""Dependencies of the REST routes (FastAPI): the services, and the actor who calls."""

from typing import Annotated

from fastapi import Depends, Request

from core.accounts.actor import Actor
from core.services import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services()
    return services


def _actor(request: Request) -> Actor:
    actor: Actor = request.scope["vitrine.actor"]
    return actor


ServicesDep = Annotated[Services, Depends(_services)]
CurrentActor = Annotated[Actor, Depends(_actor)]
