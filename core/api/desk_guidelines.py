"""Route of the review desk that returns the guidelines of the project, to be shown beside the entry."""

from typing import Any

from core.accounts.actor import Actor
from core.api.media_urls import image_url
from core.services import Services


def guidelines(services: Services, _actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return the guidelines as sanitized HTML, with their version; addresses of images have no base path.

    Only the version when it is the one that the desk knows (``known``): an open desk asks from time to time.
    """
    project_id = services.projects.get_project(str(params.get("project_id"))).id
    found = services.guidelines.guidelines(project_id)
    if params.get("known") == str(found.version):
        return {"version": found.version}
    html = services.guidelines.rendered(project_id, found.text, lambda image: image_url(image.id, image.sha256, "view"))
    at = found.create_at.isoformat() if found.create_at else ""
    return {"version": found.version, "by": found.created_by, "at": at, "html": html}
