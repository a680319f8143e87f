"""Who acts: a person with a session, a program with a token, or whoever works on this machine."""

from dataclasses import dataclass

from core.accounts.roles import Role


@dataclass(frozen=True)
class Actor:
    """Who calls.

    Attributes:
        name: Written to events and tasks.
        may_write: False for read tokens and signed addresses.
        credential: The session or token, as ``session:ID`` or ``token:ID``; empty without a sign-in.
        account_id: The account whose roles count; None for a server token, and where there are no accounts.
        is_admin: May do everything on every project; True where there are no accounts. False for a token with limits.
        only_project: The only project that a token opens.
        highest_role: The highest role that a token acts in.
    """

    name: str = "local"
    may_write: bool = True
    credential: str = ""
    account_id: str | None = None
    is_admin: bool = True
    only_project: str | None = None
    highest_role: Role | None = None

    @property
    def has_limits(self) -> bool:
        """Whether a token has less rights than its account."""
        return self.only_project is not None or self.highest_role is not None

    @property
    def has_session(self) -> bool:
        return self.credential.startswith("session:")
