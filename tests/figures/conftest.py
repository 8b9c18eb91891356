"""Figures are drawn without a screen, and closed."""

import matplotlib
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def texts():
    """All that is written in a figure or an axis, in order."""
    return lambda drawn: [t.get_text().strip() for t in drawn.findobj(Text) if t.get_text()]
