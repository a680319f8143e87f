import re

from core import errors

_LINE = re.compile(r"^(?P<indent>[ │]*)[├└]── (?P<name>\w+)")


def _drawn_classes() -> dict[str, tuple[str, bool]]:
    """Return for each class of the drawing its parent and whether it is drawn among those that stop the task."""
    drawn: dict[str, tuple[str, bool]] = {}
    parents, stops_task = {0: "VitrineError"}, False
    for line in (errors.__doc__ or "").splitlines():
        if "These stop the whole task" in line or "These fail one item" in line:
            stops_task = "stop" in line
        elif match := _LINE.match(line):
            depth = len(match["indent"]) // 4
            drawn[match["name"]] = (parents[depth - 1], stops_task)
            parents[depth] = match["name"]
    return drawn


def test_the_drawn_tree_shows_every_class_below_its_parent_and_which_ones_stop_the_task() -> None:
    classes = {
        name: (found.__bases__[0].__name__, getattr(found, "stops_task", False))
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, errors.VitrineError) and found is not errors.VitrineError
    }

    assert _drawn_classes() == classes


def test_a_model_that_rejects_images_stops_the_task() -> None:
    stopping = {
        name for name, found in vars(errors).items() if isinstance(found, type) and getattr(found, "stops_task", False)
    }

    assert stopping == {
        "MissingKeyError", "AccessDeniedError", "QuotaExceededError", "ModelUnavailableError", "NoVisionError",
    }  # fmt: skip
