"""Synthetic people: who somebody is, and how they are filmed."""

from __future__ import annotations

from emolib.synthetic.person import Person
from emolib.synthetic.stage import Stage

__all__ = ["Person", "Stage"]
