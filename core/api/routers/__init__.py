"""The routers of the REST API, one file per resource."""

from core.api.routers import (
    analyses,
    archives,
    entries,
    exports,
    images,
    imports,
    models,
    projects,
    questions,
    server,
    styles,
    tasks,
)

ALL = (
    server.router,
    projects.router,
    archives.router,
    images.router,
    imports.router,
    analyses.router,
    questions.router,
    entries.router,
    exports.router,
    tasks.router,
    models.router,
    styles.router,
)
