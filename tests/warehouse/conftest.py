from __future__ import annotations

from pathlib import Path

import pytest

from ingest.keys import SiteKey, create_key


@pytest.fixture
def key(tmp_path: Path) -> SiteKey:
    return create_key(tmp_path / "test.key")
