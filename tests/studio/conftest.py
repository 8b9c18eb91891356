"""The small files that all tests here use."""

from small_files import *  # noqa: F403
