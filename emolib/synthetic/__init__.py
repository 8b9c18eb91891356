"""Synthetic people: seeded heads that speak CREMA-D's sentences with exact ground truth."""
