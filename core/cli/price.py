"""The price of a command that asks models: said before anything is sent, and agreed to."""

import typer

from core.cli.output import ExitCode, confirmed, say
from core.pluralize import pluralize

_HOW = "This may cost money and there is no terminal to ask at. Add --max-cost or --yes."


def agree(calls: int, low: float | None, high: float | None, *, yes: bool, max_cost: float | None) -> None:
    """Say what *calls* cost, in US dollars (None: unknown); go on when it is nothing, or the caller agrees.

    Raises:
        Exit: the caller does not agree, or cannot be asked.
    """
    count = pluralize(calls, "call")
    if high == 0:
        say(f"{count}, no cost.")
        return
    if low is None or high is None:
        say(f"{count}, price unknown.")
        if max_cost is not None:
            say("Without a price --max-cost cannot stop it.")
    else:
        say(f"{count}, about ${low:,.2f} to ${high:,.2f}.")
    agreed = yes or (max_cost is not None and high is not None)
    if not agreed and not confirmed("Send them?", otherwise=_HOW):
        say("Nothing was sent.")
        raise typer.Exit(ExitCode.FAILED)
