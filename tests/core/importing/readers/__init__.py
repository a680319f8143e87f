import pytest

pytest.register_assert_rewrite("tests.core.importing.readers.shapes")
