from core.llm import session_keys


def test_a_key_belongs_to_a_task_and_to_one_of_its_models() -> None:
    session_keys.register("task of this test", "first")
    session_keys.register("task of this test", "third", 2)

    assert session_keys.find("task of this test") == session_keys.find("task of this test", 0) == "first"
    assert session_keys.find("task of this test", 2) == "third"
    assert session_keys.find("task of this test", 1) is None
    assert session_keys.find("another task") is None


def test_the_keys_of_a_task_are_forgotten_together() -> None:
    for task_id, index in (("gone", 0), ("gone", 1), ("gone-not", 0)):
        session_keys.register(task_id, "key", index)
    session_keys.forget("gone")
    assert [session_keys.find("gone", 0), session_keys.find("gone", 1), session_keys.find("gone-not")] == [
        None, None, "key",
    ]  # fmt: skip
