"""What a task that publishes an export may do, by its config."""

from typing import Any

import pytest

from core.export.task import _destination


@pytest.mark.parametrize(("config", "public"), [({"public": True}, True), ({"public": "yes"}, False), ({}, False)])
def test_an_export_becomes_public_only_when_the_config_says_so(
    config: dict[str, Any], public: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "token")
    assert _destination({"address": "hf://datasets/ada/open", **config}).public is public
