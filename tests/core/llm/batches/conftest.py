from tests.core.questions.conftest import images, server

__all__ = ["images", "server"]  # fixtures
