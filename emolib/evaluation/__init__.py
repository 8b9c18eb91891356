"""Every metric, checked against independent references, and the one table they end in."""
