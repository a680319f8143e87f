"""The roles of people in a project. The server's admin stands beside them and may do everything everywhere."""

from enum import StrEnum

from core.errors import InvalidInputError


class Role(StrEnum):
    """A role in a project; each one may do what the ones before it may."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    EDITOR = "editor"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Position in the order of the roles; a higher one may do more."""
        return _ORDER.index(self)

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do all that *other* may."""
        return self.rank >= other.rank


_ORDER = tuple(Role)


def lower_of(one: Role, other: Role) -> Role:
    """Return the role that may do less."""
    return other if one.includes(other) else one


def parse_role(text: str) -> Role:
    """Return the role with this name.

    Raises:
        InvalidInputError: there is none.
    """
    try:
        return Role(text)
    except ValueError:
        names = f"{', '.join(Role)[: -len(Role.OWNER) - 2]} and {Role.OWNER}"
        raise InvalidInputError(f"The roles are {names}. Choose one of them.", field="role") from None
