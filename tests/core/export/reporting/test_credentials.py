from collections import Counter

from core import Projects
from core.db import Database, ImageFindings
from core.export.reporting.credentials import credentials, credentials_line
from tests.core.dataset.conftest import add_image


def test_labels_of_images_in_the_library_are_counted(db: Database, project: Projects) -> None:
    ids = [add_image(db, project.id, f"{number}.jpg").id for number in range(3)]
    found = [(ids[0], "signed"), (ids[0], "ai-made"), (ids[1], "no credentials"), (ids[2], "signed")]
    with db.transaction() as session:
        session.add_all(
            ImageFindings(project_id=project.id, analyzer="provenance", label=label, image_id=image_id)
            for image_id, label in found
        )
        session.add(ImageFindings(project_id=project.id, analyzer="objects", label="signed", image_id=ids[1]))
    with db.reading() as session:
        assert credentials(session, project.id) == Counter({"signed": 2, "ai-made": 1, "no credentials": 1})


def test_the_line_never_calls_an_image_without_credentials_clean() -> None:
    labels = Counter({"signed": 4, "ai-made": 3, "edited": 1, "invalid signature": 1, "no credentials": 20})
    assert credentials_line(labels) == (
        "Content Credentials of 25 images of the project: 4 signed, 3 of them said to be made by a model, "
        "1 said to be edited, 1 with an invalid signature, 20 without any, which proves nothing"
    )
    assert credentials_line(Counter()) is None
