"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.accounts.invitations": {
        "DEFAULT_DAYS": 7,
        "MAX_DAYS": 90,
    },
    "core.accounts.known": {
        "KNOWN_S": 1.0,
        "_MAX_KNOWN": 1_000,
    },
    "core.accounts.oidc_discovery": {
        "_TIMEOUT_S": 5.0,
    },
    "core.accounts.passwords": {
        "MIN_CHARS": 10,
        "MAX_CHARS": 1000,
    },
    "core.accounts.service": {
        "MAX_NAME_CHARS": 60,
    },
    "core.accounts.tries": {
        "FREE_FAILURES": 5,
        "_MAX_ACCOUNTS": 10_000,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


DEFAULTS: dict[str, dict[str, object]] = {
    "core.accounts.actor:Actor": {"may_write": True, "is_admin": True},
    "core.accounts.invitations:InvitationService.invite": {"makes_admin": False, "days": 7},
    "core.accounts.memberships:MembershipService.set_role": {"by_admin": False},
    "core.accounts.memberships:MembershipService.remove_member": {"by_admin": False},
    "core.accounts.memberships:put_member": {"by_groups": False},
    "core.accounts.service:AccountService.create_account": {"is_admin": False},
    "core.accounts.service:add_account": {"is_admin": False},
}


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS
