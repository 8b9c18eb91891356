"""A server in this process, and small files to send it."""

import pytest
from small_files import clip, tone  # noqa: F401
from web_clients import client_of


@pytest.fixture
def client(tmp_path):
    with client_of(tmp_path / "state") as client:
        yield client
