"""One plain loop, three step functions, and every experiment written down as data."""
