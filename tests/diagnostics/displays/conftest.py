"""Figures are closed after each test."""

import pytest


@pytest.fixture(autouse=True)
def closed():
    plt = pytest.importorskip("matplotlib.pyplot")
    yield plt
    plt.close("all")
