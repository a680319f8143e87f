"""The arguments that several verbs have, and the project and the models that they name."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from core.services import Services

Project = Annotated[str, typer.Option("--project", help="Id or name of the project.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="As provider/name, such as openai/gpt-4o or offline/measure. Its key: environment."),
]
Profile = Annotated[str | None, typer.Option(help="A saved profile, in the place of --model.")]
Yes = Annotated[bool, typer.Option("--yes", help="Start without asking, whatever it costs.")]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", help="US dollars, at which it pauses. It starts without asking.", min=0.01),
]


def model_configs(services: "Services", models: list[str] | None, profile: str | None) -> list[dict[str, Any]]:
    """Return the configs of the models that were named.

    Raises:
        InvalidInputError: none is named, or both ways are used.
        NotFoundError: there is no such profile.
    """
    if bool(models) == (profile is not None):
        raise InvalidInputError("Name a --model or a --profile. --model offline/measure needs neither key nor network.")
    if profile is None:
        return [{"model": model} for model in models or ()]
    found = next((one.config for one in services.profiles.list_profiles() if one.name == profile), None)
    if found is None:
        raise NotFoundError(f"There is no profile {profile}. Save it on the page Generate, or name --model.")
    return [found]
