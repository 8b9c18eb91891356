"""Figures: one function a figure, from results and arrays to a matplotlib `Figure`."""
