from core.llm import session_keys


def test_a_key_belongs_to_a_task_and_to_one_of_its_models() -> None:
    session_keys.register("task of this test", "first")
    session_keys.register("task of this test", "third", 2)

    assert session_keys.find("task of this test") == session_keys.find("task of this test", 0) == "first"
    assert session_keys.find("task of this test", 2) == "third"
    assert session_keys.find("task of this test", 1) is None
    assert session_keys.find("another task") is None
