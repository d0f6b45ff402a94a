# Two commands on a machine with Python (3.11 or later) and pip:
#   make report    write the book of comparisons to report.pdf
#   make test      run the tests
# Both make the virtual environment .venv first; PYTHON=... chooses the Python, VENV=... another place.

PYTHON ?= python3
VENV ?= .venv

# Without ensurepip a virtual environment has no pip of its own, so the outer pip installs into it.
INSTALL = $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet --constraint .ci/constraints.txt --editable
DECLARED = pyproject.toml .ci/constraints.txt

.PHONY: report test

report: $(VENV)/installed
	$(VENV)/bin/python -m diffcompare report --output report.pdf

test: $(VENV)/installed-test
	$(VENV)/bin/python -m pytest -q -rs -n auto --maxprocesses 4

$(VENV)/bin/python:
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/installed: $(DECLARED) | $(VENV)/bin/python
	$(INSTALL) .
	touch $@

$(VENV)/installed-test: $(DECLARED) | $(VENV)/bin/python
	$(INSTALL) '.[test]'
	touch $@ $(VENV)/installed
