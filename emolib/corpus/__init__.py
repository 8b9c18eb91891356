"""Corpora: file names to tables of clips, and who is in which split."""
