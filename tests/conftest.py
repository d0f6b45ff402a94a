"""Property-based tests draw the same examples in every run of the checks, and new ones on a developer's machine."""

import os

from hypothesis import settings

settings.register_profile("checks", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("checks")
