"""The clip store: prepared clips, packed and memory-mapped, and training windows over it."""
