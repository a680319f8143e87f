"""What is spared in each page run says the same as before."""

import pytest
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from pages.components.shared import theme_cache


def test_the_theme_that_is_kept_is_the_one_streamlit_puts_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fill = app_session._populate_theme_msg
    monkeypatch.setattr(app_session, "_populate_theme_msg", fill)  # put back afterwards
    theme_cache.keep_theme()

    for section in ("theme", "theme.light", "theme.dark", "theme.light.sidebar", "theme.nothing"):
        told = CustomThemeConfig()
        fill(told, section)
        for _ in range(2):
            kept = CustomThemeConfig()
            app_session._populate_theme_msg(kept, section)
            assert kept == told


def test_a_release_that_names_it_otherwise_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app_session, "_populate_theme_msg")

    theme_cache.keep_theme()

    assert not hasattr(app_session, "_populate_theme_msg")
