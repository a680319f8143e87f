"""Who may do what: one table, asked by pages, routes and the desk."""

from enum import StrEnum

from core.accounts.roles import Role


class Act(StrEnum):
    """Something that a person or a program does."""

    READ = "read"
    REVIEW = "review"
    WRITE_ENTRIES = "write_entries"
    MANAGE_IMAGES = "manage_images"
    IMPORT = "import"
    GENERATE_PAID = "generate_paid"
    RUN_CHECKS = "run_checks"
    MANAGE_STYLES = "manage_styles"
    EXPORT = "export"
    MANAGE_TASKS = "manage_tasks"
    MANAGE_REVIEW = "manage_review"
    RESTORE = "restore"
    CHANGE_PROJECT = "change_project"
    PUBLISH = "publish"
    READ_AUDIT = "read_audit"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_WEBHOOKS = "manage_webhooks"
    DELETE_PROJECT = "delete_project"
    CREATE_PROJECT = "create_project"
    TEST_MODEL = "test_model"
    MANAGE_SERVER = "manage_server"


LOWEST_ROLE: dict[Act, Role | None] = {
    Act.READ: Role.VIEWER,
    Act.REVIEW: Role.ANNOTATOR,
    Act.WRITE_ENTRIES: Role.EDITOR,
    Act.MANAGE_IMAGES: Role.EDITOR,
    Act.IMPORT: Role.EDITOR,
    Act.GENERATE_PAID: Role.EDITOR,
    Act.RUN_CHECKS: Role.EDITOR,
    Act.MANAGE_STYLES: Role.EDITOR,
    Act.EXPORT: Role.EDITOR,
    Act.MANAGE_TASKS: Role.EDITOR,
    Act.MANAGE_REVIEW: Role.EDITOR,
    Act.RESTORE: Role.EDITOR,
    Act.CHANGE_PROJECT: Role.EDITOR,
    Act.PUBLISH: Role.OWNER,
    Act.READ_AUDIT: Role.OWNER,
    Act.MANAGE_MEMBERS: Role.OWNER,
    Act.MANAGE_WEBHOOKS: Role.OWNER,
    Act.DELETE_PROJECT: Role.OWNER,
    Act.CREATE_PROJECT: Role.EDITOR,
    Act.TEST_MODEL: Role.EDITOR,
    Act.MANAGE_SERVER: None,
}
"""The lowest role that may do each act in a project; for acts of the server, in any project. None: admins only."""

OF_THE_SERVER = frozenset({Act.CREATE_PROJECT, Act.TEST_MODEL, Act.MANAGE_SERVER})
"""Acts that belong to no project."""

WORDS: dict[Act, str] = {
    Act.READ: "see images, entries, charts, tasks and finished exports",
    Act.REVIEW: "decide, correct and rate entries at the desk, send them back, and undo it",
    Act.WRITE_ENTRIES: "write, change and delete entries, also many at once; make twins",
    Act.MANAGE_IMAGES: "tag, edit, split, merge and delete images",
    Act.IMPORT: "upload and import",
    Act.GENERATE_PAID: "ask models: questions, answers, analyses, generated images",
    Act.RUN_CHECKS: "run checks, lay out the map, compare with a test set",
    Act.MANAGE_STYLES: "make and change style datasets",
    Act.EXPORT: "export entries, or the project as an archive",
    Act.MANAGE_TASKS: "pause, resume, cancel and repeat tasks",
    Act.MANAGE_REVIEW: "share out the review, mix in known answers, see how people decide",
    Act.RESTORE: "restore what was deleted",
    Act.CHANGE_PROJECT: "rename the project, change its fixed questions, its guidelines and its switches",
    Act.PUBLISH: "publish an export with the credentials of the server",
    Act.READ_AUDIT: "see who did what",
    Act.MANAGE_MEMBERS: "invite people and change their roles",
    Act.MANAGE_WEBHOOKS: "make and change webhooks, and see what was sent to them",
    Act.DELETE_PROJECT: "delete the project",
    Act.CREATE_PROJECT: "create or import a project, and own it",
    Act.TEST_MODEL: "test the connection to a model",
    Act.MANAGE_SERVER: "see and change settings, keys, profiles and addresses of models; tokens, accounts, doctor",
}
"""What each act is, for the documentation."""


def allows(role: Role | None, act: Act) -> bool:
    """Return whether a person with *role* (None: no role) may do *act*; admins are not asked for a role."""
    lowest = LOWEST_ROLE[act]
    return role is not None and lowest is not None and role.includes(lowest)
