import re

import pytest

from core import errors

_TREE_LINE = re.compile(r"^(?P<indent>[ │]*)[├└]── (?P<name>\w+)")


def _documented_classes() -> dict[str, tuple[str, bool]]:
    """Parse the tree in the docstring: for each class its parent, and whether it is listed as stopping the task."""
    documented: dict[str, tuple[str, bool]] = {}
    parents, stops_task = {0: "VitrineError"}, False
    for line in (errors.__doc__ or "").splitlines():
        if "These stop the whole task" in line or "These fail one item" in line:
            stops_task = "stop" in line
        elif match := _TREE_LINE.match(line):
            depth = len(match["indent"]) // 4
            documented[match["name"]] = (parents[depth - 1], stops_task)
            parents[depth] = match["name"]
    return documented


def test_the_documented_tree_matches_the_error_classes_and_their_stops_task() -> None:
    classes = {
        name: (found.__bases__[0].__name__, getattr(found, "stops_task", False))
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, errors.VitrineError) and found is not errors.VitrineError
    }

    assert _documented_classes() == classes


def test_the_errors_that_stop_the_task_include_a_model_without_vision() -> None:
    stops_task = {
        name for name, found in vars(errors).items() if isinstance(found, type) and getattr(found, "stops_task", False)
    }

    assert stops_task == {
        "MissingKeyError", "AccessDeniedError", "QuotaExceededError", "ModelUnavailableError", "NoVisionError",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wait_s", "said_s", "words"),
    [
        (0.0, 1, "1 second"), (1.0, 1, "1 second"), (1.01, 2, "2 seconds"), (119.0, 119, "119 seconds"),
        (119.5, 120, "2 minutes"), (120.0, 120, "2 minutes"), (900.0, 900, "15 minutes"),
    ],
)  # fmt: skip
def test_too_many_tries_say_how_long_to_wait(wait_s: float, said_s: int, words: str) -> None:
    error = errors.TooManyTriesError(wait_s)
    assert error.retry_after_s == said_s
    assert str(error) == f"Too many wrong passwords. Try again in {words}."


@pytest.mark.parametrize(
    ("left_s", "seconds", "wait"),
    [
        (0.0, 1, "1 second"), (1.0, 1, "1 second"), (1.2, 2, "2 seconds"), (119.0, 119, "119 seconds"),
        (120.0, 120, "2 minutes"), (149.0, 149, "2 minutes"), (151.0, 151, "3 minutes"),
    ],
)  # fmt: skip
def test_after_too_many_tries_it_says_how_long_to_wait(left_s: float, seconds: int, wait: str) -> None:
    error = errors.TooManyTriesError(left_s)

    assert error.retry_after_s == seconds
    assert str(error) == f"Too many wrong passwords. Try again in {wait}."
