"""The libraries that people differentiate with otherwise, as engines: one module a library.

Those with a tracer of their own run our graph with their own operations and differentiate what they saw
(`interpretation.py`); those without call the function and take differences of their own (`columns.py`).  None of them
sees a partial derivative of our table.
"""
