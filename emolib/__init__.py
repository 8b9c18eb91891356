"""Emotionally enhanced talking faces: a face video, any speech, one of six emotions.

The map of the package is `docs/architecture.md`. Importing `emolib` is cheap: neither torch nor
torchvision is loaded until something needs them.
"""

__version__ = "0.1.0"
