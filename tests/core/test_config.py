"""Settings from the environment."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.config import Settings, describe, load_settings
from core.errors import ConfigurationError
from tests import oidc

PAGE = Path(__file__).parents[2] / "docs" / "SETTINGS.md"


def test_every_setting_has_a_description_and_is_listed_on_the_page_of_settings() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert f"`VITRINE_{name.upper()}`" in text


@pytest.mark.parametrize("name", ["models_dir", "backup_dir", "postgres_bin"])
def test_an_empty_directory_is_none_and_not_the_working_directory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VITRINE_{name.upper()}", "")
    assert getattr(Settings(), name) is None


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_DATA_DIR", "/srv/vitrine")
    monkeypatch.setenv("VITRINE_MODEL_SIDE_PX", "512")
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", os.pathsep.join(["/srv/a", "/srv/b"]))
    settings = Settings()
    assert (settings.data_dir, settings.model_side_px) == (Path("/srv/vitrine"), 512)
    assert settings.import_roots == [Path("/srv/a"), Path("/srv/b")]
    assert settings.images_dir == Path("/srv/vitrine/uploads/images")


def test_the_defaults_are_the_documented_limits() -> None:
    settings = Settings()
    assert (settings.max_image_bytes, settings.import_roots, settings.access_password) == (100_000_000, [], None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("VITRINE_MAX_IMAGE_BYTES", "0"), ("VITRINE_LLM_CONCURRENCY", "65"), ("VITRINE_DECODE_TIMEOUT_S", "soon")],
)
def test_an_invalid_value_is_reported_with_the_name_of_its_field(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("VITRINE_").lower()):
        Settings()


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("MAX_IMAGE_BYTES", (1,), (0,)),
        ("MAX_IMAGE_PIXELS", (1,), (0,)),
        ("THUMBNAIL_SIDE_PX", (64, 1024), (63, 1025)),
        ("MODEL_SIDE_PX", (128, 4096), (127, 4097)),
        ("DECODE_WORKERS", (1, 64), (0, 65)),
        ("DECODE_TIMEOUT_S", (0.1,), (0,)),
        ("LLM_TIMEOUT_S", (0.1,), (0,)),
        ("LLM_CONCURRENCY", (1, 64), (0, 65)),
    ],
)
def test_a_setting_may_have_the_values_within_its_bounds_and_no_others(
    name: str, allowed: tuple[float, ...], refused: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in allowed:
        monkeypatch.setenv(f"VITRINE_{name}", str(value))
        assert getattr(Settings(), name.lower()) == value
    for value in refused:
        monkeypatch.setenv(f"VITRINE_{name}", str(value))
        with pytest.raises(ValidationError, match=name.lower()):
            Settings()


def test_the_defaults_of_numbers_are_the_ones_that_the_readme_and_the_reasons_state() -> None:
    values = Settings().model_dump()
    numbers = {name: value for name, value in values.items() if type(value) in (int, float)}
    assert numbers | {
        "max_image_bytes": 100_000_000, "max_image_pixels": 100_000_000, "thumbnail_side_px": 320,
        "model_side_px": 1024, "decode_workers": 2, "decode_memory_bytes": 1_500_000_000, "decode_timeout_s": 30.0,
        "vision_workers": 0, "vision_memory_bytes": 4_000_000_000, "vision_timeout_s": 120.0,
        "llm_timeout_s": 120.0, "llm_concurrency": 4,
    } == numbers  # fmt: skip


def test_the_password_is_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "correct horse")
    settings = Settings()
    assert settings.access_password is not None
    assert settings.access_password.get_secret_value() == "correct horse"
    assert "correct horse" not in repr(settings)
    assert "correct horse" not in settings.model_dump_json()


@pytest.mark.parametrize("item", ["proxy.lan", "10.0.0.1/8", "127.0.0.1:8501"])
def test_a_proxy_that_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch, item: str) -> None:
    monkeypatch.setenv("VITRINE_TRUSTED_PROXIES", f"127.0.0.1, {item}")
    with pytest.raises(ConfigurationError, match=f"{item} is neither an address nor a network such as 10.1.0.0/16"):
        load_settings()


def test_settings_are_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().model_side_px = 1  # type: ignore[misc]


def test_load_settings_reports_an_invalid_value_with_its_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_LLM_CONCURRENCY", "many")

    with pytest.raises(ConfigurationError, match="VITRINE_LLM_CONCURRENCY is not usable"):
        load_settings()


def test_who_gets_in_follows_from_the_password_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Settings().sign_in_mode, Settings().has_sign_in, Settings().has_accounts) == ("none", False, False)
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "a long one")
    assert (Settings().sign_in_mode, Settings().has_sign_in, Settings().has_accounts) == ("password", True, False)
    for password in ("a long one", None):
        if password is None:
            monkeypatch.delenv("VITRINE_ACCESS_PASSWORD")
        monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
        assert (Settings().sign_in_mode, Settings().has_sign_in, Settings().has_accounts) == ("accounts", True, True)
    monkeypatch.setenv("VITRINE_SIGN_IN", "")
    assert Settings().sign_in_mode == "none"


@pytest.mark.parametrize(
    ("sign_in", "password", "message"),
    [
        ("password", None, "VITRINE_SIGN_IN is not usable: it is password, but VITRINE_ACCESS_PASSWORD is not set"),
        ("none", "a long one", "VITRINE_SIGN_IN is not usable: it is none, but VITRINE_ACCESS_PASSWORD is set"),
        ("everybody", None, "VITRINE_SIGN_IN is not usable"),
    ],
)
def test_a_sign_in_that_does_not_fit_the_password_is_refused(
    sign_in: str, password: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", sign_in)
    if password is not None:
        monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", password)
    with pytest.raises(ConfigurationError, match=message):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("VITRINE_OIDC_ISSUER", "http://sso.example.org", "it is no https address"),
        ("VITRINE_OIDC_ISSUER", "https://ana@sso.example.org", "it is no https address"),
        ("VITRINE_OIDC_CLIENT_ID", "", "it is not set, but VITRINE_OIDC_ISSUER is; set it"),
        ("VITRINE_OIDC_SCOPES", "profile", "openid is not among them; add it"),
        ("VITRINE_OIDC_EMAIL_DOMAINS", '["lab.example"]', r'\["lab.example"\] is no domain'),
        ("VITRINE_OIDC_ROLES", '{"annotators": "editor"}', "it is no JSON such as"),
        ("VITRINE_OIDC_ROLES", '{"annotators": {"Shelf": "boss"}}', "it is no JSON such as"),
        ("VITRINE_SIGN_IN", "", "it is not set, but VITRINE_OIDC_ISSUER is set; set it to accounts"),
    ],
)
def test_a_setting_of_the_provider_that_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    for variable, right in oidc.SETTINGS.items():
        monkeypatch.setenv(variable, right)
    assert load_settings().oidc_provider == "sso.example.org"
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is not usable: {reason}"):
        load_settings()


def test_a_setting_is_described_by_its_value_and_where_it_comes_from_and_a_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "ACCESS_PASSWORD": "a long one", "STORAGE_SECRET_ACCESS_KEY": "key", "ALLOWED_BUCKETS": "s3://photos,s3://more/c",
        "OIDC_ROLES": '{"führung": "admin"}', "LLM_CONCURRENCY": "7",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"VITRINE_{name}", value)
    said = {one.variable.removeprefix("VITRINE_"): one for one in describe(load_settings())}
    assert list(said) == [name.upper() for name in Settings.model_fields]
    shown = {name: (one.value, one.source) for name, one in said.items()}
    assert shown["ACCESS_PASSWORD"] == shown["STORAGE_SECRET_ACCESS_KEY"] == ("set", "environment")
    assert shown["ALLOWED_BUCKETS"] == ("s3://photos, s3://more/c", "environment")
    assert shown["OIDC_ROLES"] == ('{"führung": "admin"}', "environment")
    assert shown["LLM_CONCURRENCY"] == ("7", "environment")
    assert shown["STORAGE_LINKS_S"] == ("0", "default")
    for name in ("STORAGE_SEND_URLS", "METRICS_PORT", "STORAGE_SESSION_TOKEN", "STORAGE_URL"):
        assert shown[name] == ("-", "default"), name
    assert shown["OIDC_CLIENT_SECRET"] == ("-", "default")
    assert said["LLM_CONCURRENCY"].reason == Settings.model_fields["llm_concurrency"].description


def test_whoever_gets_in_by_no_password_reads_that_it_is_not_set() -> None:
    shown = {one.variable: one.value for one in describe(load_settings())}
    assert shown["VITRINE_ACCESS_PASSWORD"] == "not set"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ALLOWED_BUCKETS", "s3://pictures, /disk", "/disk is not the address of a bucket"),
        ("STORAGE_SEND_URLS", "openai, http://x", "http://x is no provider and no host:port"),
    ],
)
def test_an_item_of_a_list_that_cannot_be_used_is_named(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"VITRINE_{name}", value)
    with pytest.raises(ConfigurationError, match=message):
        load_settings()


def test_lists_of_buckets_and_of_providers_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ALLOWED_BUCKETS", " s3://pictures/2026 ,gs://other,")
    monkeypatch.setenv("VITRINE_STORAGE_SEND_URLS", "openai, localhost:8000")
    assert Settings().allowed_buckets == ["s3://pictures/2026", "gs://other"]
    assert Settings().storage_send_urls == ["openai", "localhost:8000"]
