"""What an actor may do in which project: asked by routes, pages and the desk."""

from sqlmodel import col, select

from core.accounts.actor import Actor
from core.accounts.known import KnownStandings, Standing
from core.accounts.permissions import LOWEST_ROLE, OF_THE_SERVER, Act, allows
from core.accounts.roles import Role, lower_of
from core.db import Accounts, Database, Memberships, cached_until_write
from core.errors import ForbiddenError, NotFoundError

_ADMINS_ONLY = "Only an admin of this server may do this. Ask one of them."
_NO_PROJECT = "This project does not exist any more. Choose another one."


class AccessService:
    """Answers who may do what. Where there are no accounts every actor is an admin."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def role(self, actor: Actor, project_id: str) -> Role | None:
        """Return the role of *actor* in a project, None without one; an admin counts as an owner."""
        if actor.only_project not in (None, project_id):
            return None
        held = self._held(actor, project_id)
        if held is None or actor.highest_role is None:
            return held
        return lower_of(held, actor.highest_role)

    def may(self, actor: Actor, act: Act, project_id: str | None = None) -> bool:
        """Return whether *actor* may do *act*; acts of the server need no *project_id*."""
        if actor.is_admin:
            return True
        if act in OF_THE_SERVER:
            return allows(self._highest_anywhere(actor), act)
        return project_id is not None and allows(self.role(actor, project_id), act)

    def require(self, actor: Actor, act: Act, project_id: str | None = None) -> None:
        """Check that *actor* may do *act*.

        Raises:
            NotFoundError: *actor* has no role in the project, which is answered as if it did not exist.
            ForbiddenError: the role is too low; the message names the one that is needed.
        """
        if self.may(actor, act, project_id):
            return
        if act not in OF_THE_SERVER and (project_id is None or self.role(actor, project_id) is None):
            raise NotFoundError(_NO_PROJECT)
        lowest = LOWEST_ROLE[act]
        if lowest is None:
            raise ForbiddenError(_ADMINS_ONLY)
        if act in OF_THE_SERVER:
            raise ForbiddenError(
                f"This needs the role {lowest} in a project, or an admin. Ask an admin of this server."
            )
        role = self.role(actor, str(project_id))
        raise ForbiddenError(f"This needs the role {lowest} in this project, and yours is {role}. Ask an owner of it.")

    def visible_projects(self, actor: Actor) -> frozenset[str] | None:
        """Return the ids of the projects that *actor* has a role in, None for every project."""
        if actor.only_project is not None:
            return frozenset({actor.only_project} if self.role(actor, actor.only_project) else ())
        standing = self._standing(actor)
        if standing is None:
            return None if actor.is_admin or actor.highest_role is not None else frozenset()
        return None if standing.is_admin else frozenset(standing.roles)

    def usable_account(self, account_id: str) -> Accounts | None:
        """Return an account, None when there is none or it is disabled."""
        account = self._account_row(account_id)
        return account if account is not None and account.disabled_at is None else None

    def _held(self, actor: Actor, project_id: str) -> Role | None:
        """Return the role before the limits of a token."""
        if actor.is_admin:
            return Role.OWNER
        if actor.account_id is None:
            return actor.highest_role  # a server token with limits
        standing = self._standing(actor)
        if standing is None:
            return None
        return Role.OWNER if standing.is_admin else standing.roles.get(project_id)

    def _highest_anywhere(self, actor: Actor) -> Role | None:
        """Return the highest role in any project; None for a token with limits, which acts in its projects only."""
        standing = self._standing(actor)
        if standing is None or actor.has_limits:
            return None
        return max(standing.roles.values(), key=lambda role: role.rank, default=None)

    def _standing(self, actor: Actor) -> Standing | None:
        """Return what the account of *actor* may do, None without one that can be used."""
        account_id, known = actor.account_id, self._db.shared(KnownStandings)
        if account_id is None:
            return None
        standing = known.get(account_id)
        if standing is None:
            generation = known.generation
            account = self.usable_account(account_id)
            if account is None:
                return None
            standing = Standing(account.is_admin, self._roles(account_id))
            known.add(account_id, standing, generation)
        return standing

    @cached_until_write
    def _account_row(self, account_id: str) -> Accounts | None:
        with self._db.reading() as session:
            return session.get(Accounts, account_id)

    def _roles(self, account_id: str) -> dict[str, Role]:
        query = select(Memberships.project_id, Memberships.role).where(col(Memberships.account_id) == account_id)
        with self._db.reading() as session:
            return {project_id: Role(role) for project_id, role in session.exec(query)}
