# Everything here works with Python >= 3.11, make and the package index;
# `make binary` needs binutils as well.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.locked
# ENGINE=fast builds and tests the executable with the faster RSA engine inside.
ENGINE ?=
BINARY := dist/rsachat$(if $(ENGINE),-$(ENGINE))
ARGS   ?=
MINUTES ?= 5
TARGET  ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-long check mutants simulate fuzz binary test-binary wheel bench bench-check bench-peers docs pictures lock clean

help: ## list the targets (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

venv: $(STAMP) ## make .venv from the locked, hash-checked requirements (PYTHON=python3.12 to choose)

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make venv: '$(PYTHON)' is missing or older than Python 3.11"; \
	  echo "hint: make venv PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "make venv: '$(PYTHON) -m venv' failed"; \
	  echo "hint: on Debian and Ubuntu, apt install python3-venv"; exit 1; } >&2
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(STAMP)

demo: $(STAMP) ## show the whole thing at work: server, two clients, an upload
	$(PY) rsachat.py demo $(ARGS)

test: $(STAMP) ## run the tests, without those marked long (ARGS='-k handshake' to choose)
	$(PY) -m pytest -n 3 --dist worksteal -m "not long" $(ARGS)

test-long: $(STAMP) ## run the tests marked long; their seeds and counts are printed at the end
	$(PY) -m pytest -n 2 --dist worksteal -m long -p tests.support.told --durations 10 $(ARGS)

check: $(STAMP) ## format, lint, strict types, architecture
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_layers.py
	@$(PY) -m tests.support.sizes

mutants: $(STAMP) ## take away each check a negative test guards: the test must go red (ARGS=name)
	$(PY) -m tests.mutants $(ARGS)

SEEDS ?= 500
simulate: $(STAMP) ## play SEEDS=500 made-up worlds from FIRST=0, or SEED=n again with its dialogue
	$(PY) -m tests.simulation $(if $(SEED),--seed $(SEED),$(SEEDS) $(FIRST)) $(ARGS)

# Not in the lock: no release of it has a wheel for each Python and machine that rsachat runs on.
fuzz: $(STAMP) ## fuzz what reads a stranger's bytes (MINUTES=5 in all, TARGET=name for one)
	@$(PY) -c 'import atheris' 2>/dev/null \
	  || $(PY) -m pip install --quiet --disable-pip-version-check 'atheris>=3,<4' \
	  || echo "make fuzz: atheris does not install here; mutations are random instead" >&2
	$(PY) -m tests.fuzz --minutes $(MINUTES) $(TARGET)

binary: $(STAMP) dist/source.txt ## build dist/rsachat, one executable, and try it (ENGINE=fast: OpenSSL's RSA)
	@for tool in objdump strip; do command -v $$tool >/dev/null || { \
	  echo "make binary: '$$tool' is missing; it belongs to binutils"; \
	  echo "hint: on Debian and Ubuntu, apt install binutils"; exit 1; } >&2; done
	ENGINE=$(ENGINE) PYINSTALLER_CONFIG_DIR=build/cache $(PY) -m PyInstaller --noconfirm \
	  --log-level WARN --distpath dist --workpath build/pyinstaller$(ENGINE) build.spec
	$(PY) tests/binary_smoke.py $(BINARY)
	@sha256sum $(BINARY); echo "$$(($$(stat -c %s $(BINARY)) / 1024)) KiB"

test-binary: binary ## run the tests of whole processes against the executable (ENGINE=fast too)
	TESTED_PROGRAM=$(abspath $(BINARY)) $(PY) -m pytest -n 2 -m "not long" tests/integration $(ARGS)

wheel: $(STAMP) ## make dist/rsachat-*.whl, for pip install
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

# Made where none is and never overwritten: whoever changed it keeps it.
dist/source.txt:
	@mkdir -p dist
	cp source.txt $@

bench: $(STAMP) ## print each figure beside its reference, measured in the same run
	$(PY) -m benchmarks $(ARGS)

bench-check: $(STAMP) ## the same, and exit 1 where an aim is missed
	$(PY) -m benchmarks --check $(ARGS)

bench-peers: $(STAMP) ## print tables of rsachat beside other programs, measured in the same run
	$(PY) -m benchmarks.beside

docs: $(STAMP) ## write anew what the documents take from the code
	$(PY) -m tests.support.generated_docs

pictures: $(STAMP) ## draw the README's pictures anew, from real sessions
	$(PY) -m tests.support.pictures docs/pictures

lock: ## resolve the requirements anew (for maintainers, with the oldest Python)
	$(PYTHON) -m venv --clear build/lock
	build/lock/bin/python -m pip install --quiet pip-tools
	$(LOCK) -o requirements.txt pyproject.toml
	$(LOCK) --extra dev --extra fast -c requirements.txt -o requirements-dev.txt pyproject.toml

# No index, no file of this machine: a lock is valid wherever the package index is.
LOCK = CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet --upgrade \
  --generate-hashes --allow-unsafe --strip-extras --no-emit-options

# dist/keys, dist/uploads and a source.txt that was changed are the user's.
clean: ## remove what the other targets made
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf rsachat.egg-info dist/rsachat dist/rsachat-fast dist/rsachat-*.whl
	find rsachat tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	@if cmp -s source.txt dist/source.txt; then rm -f dist/source.txt; fi
	@if [ -d dist ]; then rmdir dist 2>/dev/null || true; fi
