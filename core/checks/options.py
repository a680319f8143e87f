"""Validating the configs and options of checks."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidInputError

P = ParamSpec("P")
T = TypeVar("T")


def known_options(model: type[BaseModel]) -> str:
    """Return the names of the fields of *model*; "none" without one."""
    return ", ".join(model.model_fields) or "none"


def with_options_named(known: Callable[[str], str]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a method that takes options by keyword say which ones there are, when its arguments cannot be told apart.

    Args:
        known: returns the sentence about the options of the check of this name, which may not exist.
    """

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(method)

        @wraps(method)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                check = args[2] if len(args) > 2 else kwargs.get("check", "")
                wrong = f"{str(error)[:1].upper()}{str(error)[1:]}"
                raise InvalidInputError(f"{wrong}. {known(str(check))}") from error
            return method(*args, **kwargs)

        return called

    return decorate


def validated(model: type[BaseModel], values: dict[str, Any]) -> Any:
    """Return *values* as an instance of *model*.

    Raises:
        InvalidInputError: a field is unknown or cannot be used; the message and ``field`` name it.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            raise InvalidInputError(
                f"{field} cannot be used: it is not known. Known are: {known_options(model)}.", field=field
            ) from error
        raise InvalidInputError(
            f"{field} cannot be used: {first['msg']}. Change it and try again.", field=field
        ) from error
