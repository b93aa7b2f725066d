"""What the end-to-end tests share: a project folder, and the local executors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.support_project import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


@pytest.fixture(params=["subprocess", "fork", "inline"])
def executor(request: pytest.FixtureRequest) -> str:
    return request.param
