"""Figures, graph drawings and the report book: what the studies found, on paper and on the screen."""
