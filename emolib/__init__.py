"""Emotionally enhanced talking faces: a face video, any speech, one of six emotions.

`docs/architecture.md` describes the package. Importing `emolib` is cheap: neither torch nor
torchvision is loaded until something needs them.
"""

__version__ = "0.1.0"
