"""Graphs as plain data for a drawing: the array graph of a NumPy function, the autograd DAG of a tensor or a module."""
