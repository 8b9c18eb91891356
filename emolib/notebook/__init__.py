"""For notebooks only: widgets, exercise checks, results that are loaded or made."""
