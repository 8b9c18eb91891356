"""Bounds on what one visitor, and all together, can ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The page's bounds; a notebook, which serves one person, sets most of them wider."""

    max_upload_bytes: int = 64 * 2**20  # one request, counted as it comes in
    max_json_bytes: int = 64 * 2**10
    min_sound_s: float = 0.2  # one mel window
    max_sound_s: float = 60.0
    max_video_s: float = 300.0
    max_video_pixels: int = 1920 * 1200
    max_picture_pixels: int = 50_000_000
    picture_side_px: int = 1280  # larger stills are shrunk before the network sees them
    max_text: int = 300
    queue: int = 32  # jobs that wait or are being uploaded
    keep_jobs: int = 200  # finished jobs kept; the oldest go first
    min_free_bytes: int = 2**30  # disk that always stays free
    retention_s: float = 3600.0
    abandon_s: float = 60.0  # nobody asks about a job for so long: it is cancelled
    read_timeout_s: float = 20.0  # longest silence within an upload
    upload_timeout_s: float = 300.0
    probe_timeout_s: float = 15.0
    job_timeout_s: float = 1800.0
    cancel_grace_s: float = 10.0  # a worker that does not stop within it is ended
    start_timeout_s: float = 300.0  # for a worker to load its network
