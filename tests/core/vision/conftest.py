import pytest

from core.services import Services
from core.vision import analyzers, new_images, store, task
from core.vision.analyzers.base import Analyzer
from tests.core.images.pictures import drawn, encoded
from tests.core.vision.toy import ToyAnalyzer


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> ToyAnalyzer:
    """Replace all analyzers by one that needs no model."""
    made = ToyAnalyzer()
    install(monkeypatch, made)
    return made


def install(monkeypatch: pytest.MonkeyPatch, *given: Analyzer) -> None:
    """Let *given* be the analyzers, as if their files were listed."""
    found = {one.name: one for one in given}
    for module in (analyzers, new_images, store, task):
        monkeypatch.setattr(module, "analyzers", lambda: found)


def add_images(services: Services, project_id: str, *names: str) -> dict[str, str]:
    """Add one image a name, all different, and return their ids by name."""
    files = [(name, encoded(drawn(number))) for number, name in enumerate(names)]
    outcomes = services.intake.add_images(project_id, files)
    return {outcome.image.image_name: outcome.image.id for outcome in outcomes if outcome.image}
