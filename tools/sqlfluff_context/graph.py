"""What ``graph`` is while SQL is linted: a project without models."""

from __future__ import annotations

nodes: dict[str, object] = {}
