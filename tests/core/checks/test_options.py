"""What is said of options that a check does not know."""

import pytest

from core.checks.options import with_options_named
from core.errors import InvalidInputError


class Checks:
    """Has a method that takes options by keyword."""

    @with_options_named(lambda check: f"Known for {check}.")
    def run(self, project_id: str, check: str, *, seed: int = 0) -> int:
        return seed


def test_the_check_is_named_whether_it_was_given_by_its_place_or_by_name() -> None:
    checks = Checks()
    assert checks.run("p", "judge", seed=3) == 3
    with pytest.raises(InvalidInputError, match="Known for judge"):
        checks.run("p", "judge", 5)  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match="Known for judge"):
        checks.run("p", "judge", sed=5)  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match="Known for arena"):
        checks.run("p", check="arena", sed=5)  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match=r"Missing a required argument: 'check'\. Known for \."):
        checks.run("p")  # type: ignore[call-arg]
