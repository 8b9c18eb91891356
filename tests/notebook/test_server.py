"""A notebook's own server: what happens when it cannot start (notebook 11 shows that it can)."""

import tempfile

import pytest

from emolib.base.errors import ResourceError
from emolib.notebook.server import LocalServer


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ResourceError, match="no-such-option"):
        LocalServer("--no-such-option")
    assert list(tmp_path.iterdir()) == []
