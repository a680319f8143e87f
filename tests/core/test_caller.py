"""Who acts: the words that an event stores of a caller, and what is read back from them."""

import pytest

from core.caller import Caller, read_trace


@pytest.mark.parametrize(
    ("caller", "trace"),
    [
        (Caller("Ana", account_id="7f", address="192.0.2.7", way="page"), "page 192.0.2.7 account:7f"),
        (Caller("robot", token_id="t1", address="::1", way="rest"), "rest ::1 token:t1"),
        (Caller("local", way="cli"), "cli - -"),
    ],
)
def test_the_trace_of_a_caller_is_way_address_and_credential_and_is_read_back(caller: Caller, trace: str) -> None:
    assert caller.trace == trace
    found = read_trace(trace)
    assert (found.way, found.address) == (caller.way, caller.address)
    assert (found.account_id, found.token_id) == (caller.account_id, caller.token_id)


def test_a_task_leaves_no_trace_because_it_is_recorded_itself() -> None:
    assert Caller("Ana", account_id="7f", way="task").trace is None


def test_a_name_that_was_given_counts_only_where_nobody_is_signed_in() -> None:
    assert Caller("Ana", is_signed_in=True).name_of("Ben") == "Ana"
    assert Caller("Ana").name_of("Ben") == "Ben"
    assert [Caller("Ana").name_of(given) for given in (None, "", "local")] == ["Ana"] * 3
