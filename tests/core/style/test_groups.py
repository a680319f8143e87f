"""Sets without a single style: the groups they fall into, and style datasets made of one."""

from typing import Any

import pytest

from core import ImageService, Projects, StyleGenerationService
from core.style import groups
from core.style.features import measure_style
from core.style.groups import Unity, unity_of
from tests.core.style.looks import COLD_GRAINY, DARK, WARM_SOFT, drawn, encoded

WARM = [measure_style(drawn(WARM_SOFT, content)) for content in range(8)]
COLD = [measure_style(drawn(COLD_GRAINY, content)) for content in range(5)]
WARM_WORDS: dict[str, Any] = {"vibe": "natural, warm", "lighting": "medium light", "style": "smooth surfaces"}
COLD_WORDS: dict[str, Any] = {"vibe": "natural, cool", "lighting": "low light", "style": "fine grain"}


def ids(name: str, count: int) -> list[str]:
    return [f"{name}-{number}" for number in range(count)]


def test_images_of_one_style_are_not_divided() -> None:
    assert unity_of(ids("warm", 8), WARM, [WARM_WORDS] * 8) == Unity(is_one_style=True)


def test_a_set_that_did_not_change_is_not_divided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = [*COLD, *WARM[:6]]
    first = unity_of(ids("x", 11), mixed, [{}] * 11)
    assert len(first.groups) == 2
    monkeypatch.setattr(groups, "_k_means", None)
    assert unity_of(ids("x", 11), mixed, [{}] * 11) == first


def test_a_few_images_are_not_divided() -> None:
    mixed = [*WARM[:3], *COLD[:2]]
    assert unity_of(ids("x", 5), mixed, [{}] * 5) == Unity(is_one_style=True)


def test_images_of_two_styles_fall_into_two_groups_with_the_words_that_tell_them_apart() -> None:
    unity = unity_of(
        [*ids("cold", 5), *ids("warm", 8)], [*COLD, *WARM], [*[COLD_WORDS] * 5, *[WARM_WORDS] * 8]
    )  # fmt: skip
    assert not unity.is_one_style
    warm, cold = unity.groups
    assert (set(warm.ids), set(cold.ids)) == (set(ids("warm", 8)), set(ids("cold", 5)))
    assert set(warm.label.split(", ")) == {"medium light", "smooth surfaces", "warm"}
    assert set(cold.label.split(", ")) == {"cool", "fine grain", "low light"}


def test_more_styles_than_five_are_told_apart() -> None:
    green, white, pink = (
        ((120, 230, 120), (40, 160, 60), (10, 90, 30), 0.0, 0.0),
        ((235, 235, 235), (250, 250, 250), (215, 215, 220), 8.0, 0.0),
        ((230, 40, 200), (255, 90, 230), (150, 10, 140), 0.0, 40.0),
    )
    looks = {"warm": WARM_SOFT, "cold": COLD_GRAINY, "dark": DARK, "green": green, "white": white, "pink": pink}
    measured = [measure_style(drawn(look, content)) for look in looks.values() for content in range(6)]

    unity = unity_of([id_ for name in looks for id_ in ids(name, 6)], measured, [{}] * len(measured))

    assert sorted(sorted(group.ids) for group in unity.groups) == sorted(ids(name, 6) for name in looks)


def test_a_group_becomes_a_style_dataset_with_the_guidelines_of_the_first(
    style: StyleGenerationService, images: ImageService, project: Projects
) -> None:
    looks = {"warm": WARM_SOFT, "cold": COLD_GRAINY}
    files = [(f"{name}-{n}.png", encoded(drawn(look, n))) for name, look in looks.items() for n in range(5)]
    added = images.intake.add_images(project.id, files)
    mixed = style.create_style_dataset(project.id, "Mixed", "No people")
    style.add_images(mixed.id, [outcome.image.id for outcome in added if outcome.image])
    style.analysis.measure_images(mixed.id)

    group = style.datasets.unity(mixed.id).groups[0]
    made = style.datasets.create_from_group(mixed.id, group.label, group.ids)

    assert (made.name, made.master_prompt) == (f"Mixed: {group.label}", "No people")
    names = {entry.name.partition("-")[0] for entry in style.datasets.list_images(made.id)}
    assert len(names) == 1
    assert style.datasets.unity(made.id).is_one_style
    assert style.datasets.summary(made.id).analyzed == 5
