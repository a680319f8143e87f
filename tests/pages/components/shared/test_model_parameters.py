"""The parameters of a model that were typed."""

import pytest
import streamlit as st

from pages.components.shared import model_parameters


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_nothing_typed_is_the_default(typed: dict[str, object]) -> None:
    assert typed == {}
    assert model_parameters.values("k") == {"temperature": 0.7, "max_tokens": 2048}


def test_what_was_typed_is_sent_without_blanks_and_empty_fields(typed: dict[str, object]) -> None:
    typed |= {
        "k-api-base": " http://localhost:11434/v1 ", "k-temperature": 0.0, "k-max-tokens": 64.0, "k-max_side_px": 512,
        "k-requests_per_minute": None, "k-tokens_per_minute": 1000, "other-max-tokens": 1,
    }  # fmt: skip

    assert model_parameters.values("k") == {
        "temperature": 0.0, "max_tokens": 64, "api_base": "http://localhost:11434/v1", "max_side_px": 512,
        "tokens_per_minute": 1000,
    }  # fmt: skip


def test_an_address_of_blanks_is_none(typed: dict[str, object]) -> None:
    typed["k-api-base"] = "  "

    assert "api_base" not in model_parameters.values("k")


def test_limits_have_a_label_and_bounds() -> None:
    assert model_parameters._LIMITS == {
        "max_side_px": ("Longest side of the images sent, in px", 128, 4096),
        "requests_per_minute": ("Maximum calls per minute", 1, 100_000),
        "tokens_per_minute": ("Maximum tokens per minute", 1_000, 100_000_000),
    }
    assert model_parameters._PLACEHOLDERS.keys() == model_parameters._LIMITS.keys()
