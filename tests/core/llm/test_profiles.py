import pytest

from core.errors import InvalidInputError, NotFoundError
from core.services import Services


def test_a_profile_stores_model_base_url_and_parameters_but_no_key(services: Services) -> None:
    key = "sk-never-in-a-profile-4711"
    config = {"model": "openai/llava", "api_base": "http://127.0.0.1:11434/v1", "temperature": 0.2, "api_key": key}

    services.profiles.save_profile(" Kitchen  server ", config)

    (profile,) = services.profiles.list_profiles()
    assert profile.name == "Kitchen server"
    assert profile.config == {
        "model": "openai/llava", "api_base": "http://127.0.0.1:11434/v1", "temperature": 0.2,
    }  # fmt: skip
    services.db.close()
    for path in services.db.data_dir.rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "config",
    [
        {"model": "openai/llava", "api_base": "https://user:secret@gateway.example/v1"},
        {"model": "openai/llava", "api_base": "https://gateway.example/v1?key=1234"},
        {"model": "openai/llava", "extra": {"extra_headers": {"Authorization": "Bearer abcdefgh"}}},
        {"model": ""},
        {"model": "openai/llava", "temperature": 7},
    ],
)
def test_a_profile_with_a_key_in_another_field_or_an_invalid_value_is_refused(
    services: Services, config: dict[str, object]
) -> None:
    with pytest.raises(InvalidInputError):
        services.profiles.save_profile("Gateway", config)

    assert services.profiles.list_profiles() == []


def test_saving_under_an_existing_name_replaces_the_profile_and_it_can_be_removed(services: Services) -> None:
    services.profiles.save_profile("Mine", {"model": "openai/gpt-4o"})
    services.profiles.save_profile("Mine", {"model": "openai/gpt-4.1"})
    assert [profile.config["model"] for profile in services.profiles.list_profiles()] == ["openai/gpt-4.1"]

    services.profiles.remove_profile("Mine")

    assert services.profiles.list_profiles() == []
    with pytest.raises(NotFoundError):
        services.profiles.remove_profile("Mine")
