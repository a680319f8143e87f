"""The model picker: what it offers, says of a model, asks for, and returns."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.accounts.permissions import Act
from core.errors import NoVisionError
from core.llm import OFFLINE_MODEL, SEE_MODEL, ModelInfo
from pages.components.shared import model_picker, page
from pages.components.shared.model_picker import ModelChoice
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

PRICED = ModelInfo("openai/gpt-4o", "openai", True, input_price=2.5, output_price=10.0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, r"Sees images, \$2.50 input, \$10.00 output per million tokens."),
        ({"vision": None, "input_price": None}, "Vision support unknown, price unknown."),
        ({"vision": False, "output_price": None}, "Does not see images, price unknown."),
        ({"deprecated_on": "2026-12-01", "key_source": "environment", "input_price": None},
         "Sees images, price unknown, retired on 2026-12-01, key from environment."),
        ({"key_source": "none needed", "input_price": None}, "Sees images, price unknown, no key needed."),
        ({"model": SEE_MODEL}, model_picker.SEE_HELP),
        ({"model": OFFLINE_MODEL}, "Built in: measures pixels, needs no network and costs nothing. Only pixels."),
    ],
)  # fmt: skip
def test_a_model_is_described_by_what_is_known_about_it(changed: dict[str, Any], said: str) -> None:
    assert model_picker._describe(ModelInfo(**vars(PRICED) | changed), "Only pixels.") == said


@pytest.mark.parametrize(
    ("key_source", "api_base", "label"),
    [
        (None, None, "API key for openai"),
        (None, "http://localhost:8000/v1", "API key for localhost:8000"),
        ("none needed", "http://localhost:8000/v1", "API key for localhost:8000 (optional)"),
        ("none needed", None, None),
        ("environment", "http://localhost:8000/v1", None),
        ("environment", None, None),
    ],
)
def test_a_key_is_asked_for_where_none_was_found_and_is_optional_for_an_own_server(
    key_source: str | None, api_base: str | None, label: str | None
) -> None:
    info = ModelInfo(**vars(PRICED) | {"key_source": key_source, "api_base": api_base})
    at = draw(model_picker._key, info)
    assert [one.label.replace("\\", "") for one in at.text_input] == ([] if label is None else [label])


def test_a_key_is_that_of_a_provider_or_of_a_server() -> None:
    found: list[object] = []

    def script() -> None:
        found.append((model_picker.typed_key("openai"), model_picker.typed_key("openai", "http://localhost:8000/v1")))

    at = draw(script)
    at.session_state["session-key-openai"] = "a"
    at.session_state["session-key-localhost:8000"] = ""
    at.run()
    at.session_state["session-key-localhost:8000"] = "b"
    at.run()
    assert found == [(None, None), ("a", None), ("a", "b")]
    assert ModelChoice({"model": "m"}, None).with_key == {"model": "m"}
    assert ModelChoice({"model": "m"}, "a").with_key == {"model": "m", "api_key": "a"}
    assert ModelChoice({"model": "m"}, None).refused is False


@pytest.fixture
def profile() -> None:
    services().profiles.save_profile("Kitchen", {"model": "openai/gpt-4o", "temperature": 0.1})


def names(**how: bool) -> list[str]:
    found: list[list[str]] = []
    draw(lambda: found.append(model_picker.options(**how)))
    return found[0]


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(("missing", "first"), [(None, SEE_MODEL), ("Run: pip install", OFFLINE_MODEL)])
def test_the_model_that_sees_comes_first_where_its_tools_are_here(
    missing: str | None, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().evidence, "missing", lambda: missing)
    offered = names()
    rest = [one for one in (OFFLINE_MODEL, "Profile: Kitchen") if one != first]
    assert offered[: 1 + len(rest)] == [first, *rest]
    assert len(offered) == len(set(offered))
    assert SEE_MODEL not in names(asks=False)
    assert names(asks=False)[0] == OFFLINE_MODEL
    makes_images = names(image_output=True)
    assert OFFLINE_MODEL in makes_images
    assert "openai/gpt-4o" not in makes_images
    assert not set(makes_images) & set(offered) - {OFFLINE_MODEL}


@pytest.mark.usefixtures("profile")
def test_an_option_is_a_profile_or_a_model_with_the_address_of_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert model_picker.config_of("Profile: Kitchen") == {"model": "openai/gpt-4o", "temperature": 0.1}
    assert model_picker.config_of("Profile: Gone") == {"model": OFFLINE_MODEL}
    assert model_picker.config_of(" openai/gpt-4o ") == {"model": "openai/gpt-4o"}
    assert model_picker.config_of("m at http://localhost:8000/v1") == {
        "model": "m", "api_base": "http://localhost:8000/v1",
    }  # fmt: skip
    asked: list[Act] = []
    monkeypatch.setattr(model_picker.visitor, "require", asked.append)
    for option in ("openai/gpt-4o", "m at  ", "m at http://localhost:8000/v1"):
        model_picker.config_of(option)
    assert asked == [Act.MANAGE_SERVER]


@pytest.mark.usefixtures("profile")
def test_a_profile_has_its_parameters_and_none_to_set() -> None:
    made: list[ModelChoice] = []
    at = draw(lambda: made.append(model_picker.show("k")))
    assert made[-1].config["temperature"] == 0.7
    at.selectbox(key="k-model").set_value("Profile: Kitchen").run()
    assert made[-1].config == {"model": "openai/gpt-4o", "temperature": 0.1}
    assert any(line.endswith(" model openai/gpt-4o, temperature 0.1.") for line in read(at))
    assert "expander: Address and parameters" not in read(at)
    assert "[Test connection]" in read(at)
    at.selectbox(key="k-model").set_value(OFFLINE_MODEL).run()
    assert "expander: Address and parameters" in read(at)
    assert "[Test connection]" not in read(at)


def test_local_servers_are_looked_for_by_who_manages_this_one_and_not_for_models_that_draw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    local = SimpleNamespace(model="llava", api_base="http://localhost:11434/v1")
    for found, toast in (
        ([], "No model server was found on the default ports of this machine."),
        ([local], "1 model found. They are in the list now."),
    ):
        monkeypatch.setattr(services().llm, "find_local_models", lambda: None)
        monkeypatch.setattr(page, "wait_for", lambda _work, found=found: found)
        at = draw(model_picker.show, "k")
        at.button(key="k-find-local").click().run()
        assert [one.value for one in at.toast] == [toast]
        assert ("llava at http://localhost:11434/v1" in at.selectbox(key="k-model").options) is bool(found)
    assert "k-find-local" not in controls(draw(model_picker.show, "k", image_output=True))
    monkeypatch.setattr(page, "may", lambda act: act is not Act.MANAGE_SERVER)
    assert "k-find-local" not in controls(draw(model_picker.show, "k"))


def test_a_model_that_sees_nothing_is_refused_where_images_are_shown_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_config: object) -> None:
        raise NoVisionError("It does not see images.")

    monkeypatch.setattr(services().evidence, "require", refuse)
    made: list[bool] = []
    at = draw(lambda: made.append(model_picker._is_refused({"model": "m"}, False)))
    assert read(at) == ["error: It does not see images."]
    at = draw(lambda: made.append(model_picker._is_refused({"model": "m"}, True)))
    assert read(at) == []
    assert made == [True, False]


def test_further_models_share_the_key_of_their_provider_and_what_was_set_for_the_first() -> None:
    first = ModelChoice({"model": "openai/gpt-4o", "temperature": 0.2, "max_tokens": 64, "max_side_px": 512}, "a")
    made: list[list[ModelChoice]] = []
    at = draw(lambda: made.append(model_picker.show_more("k", first)))
    assert controls(at)["k-more-models"] == (
        "multiselect Additional models | value [] | at most 4 chosen | any text | hint 'None'"
    )
    assert "openai/gpt-4o" not in at.multiselect[0].options
    at.multiselect[0].set_value(["openai/gpt-4.1-mini"]).run()
    (second,) = made[-1]
    assert (second.config, second.api_key) == (
        {"model": "openai/gpt-4.1-mini", "temperature": 0.2, "max_tokens": 64}, "a",
    )  # fmt: skip
    assert not at.text_input
    at.multiselect[0].set_value(["anthropic/claude-opus-4-5"]).run()
    assert [one.label for one in at.text_input] == ["API key for anthropic"]


@pytest.mark.parametrize(("ok", "icon"), [(True, "check_circle"), (False, "error")])
def test_a_connection_is_tested_with_what_came_of_it(ok: bool, icon: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services().llm, "test_connection", lambda _config: None)
    monkeypatch.setattr(page, "wait_for", lambda _work: SimpleNamespace(ok=ok, message="It answered."))
    at = draw(model_picker._connection_test, ModelChoice({"model": "openai/gpt-4o"}, None), "k")
    assert read(at) == ["[Test connection]"]
    at.button(key="k-test").click().run()
    assert read(at) == ["[Test connection]", "It answered.", f":material/{icon}:"]


def test_a_choice_in_words_says_that_its_key_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_picker, "info_of", lambda _config: PRICED)
    choice = ModelChoice({"model": "openai/gpt-4o"}, None)
    assert model_picker.in_words(choice).endswith("tokens. Its key is missing.")
    assert model_picker.in_words(ModelChoice(choice.config, "a")).endswith("tokens.")
    known = ModelInfo(**vars(PRICED) | {"key_source": "environment"})
    monkeypatch.setattr(model_picker, "info_of", lambda _config: known)
    assert model_picker.in_words(choice).endswith("key from environment.")
