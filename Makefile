# Two commands matter: `make demo` and `make test`. Everything runs from .venv, which the lock file fills.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
SYNC := .venv/bin/uv sync --quiet --frozen --inexact --all-extras --python .venv/bin/python
export UV_PYTHON_DOWNLOADS := never

# Set from the command line: make demo ONCE=1, make demo INPUT=events.jsonl.gz, make demo SPEED=6 JSON=1
DEMO := $(if $(ONCE),--once) $(if $(INPUT),--input $(INPUT)) $(if $(SPEED),--speed $(SPEED)) $(if $(JSON),--json)

# Set from the command line: make test-faults EVENTS=1000000 KILLS=100 PAGES=10 SEED=7
EVENTS ?= 200000
KILLS ?= 40
PAGES ?= 10

.PHONY: demo test test-faults test-kafka simulate kafka check format golden docs site dashboards manifests pictures screenshot train quality bench-observe bench-growth bench-pages bench-pipeline bench-peers bench-check bench-latency bench-scaling bench-soak clean

demo: .venv/for-demo
	@exec .venv/bin/klankbord demo --end-with-parent $(DEMO)

# The tests of a file share what they start. In the order of the files, because those that wait for minutes come early.
test: .venv/for-tests
	.venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Everything that needs Apache Kafka: the ledger under kill -9 and the fault matrix, which `make docs` makes a table of
# (docs/reliability.md). LONG=1: things are away for as long as the matrix of faults asks.
LONG ?= 1
test-faults: .venv/for-tests
	FAULTS_EVENTS=$(EVENTS) FAULTS_KILLS=$(KILLS) FAULTS_PAGES=$(PAGES) FAULTS_SEED=$(SEED) FAULTS_LONG=$(LONG) \
		FAULTS_REPORT=docs/reliability.json .venv/bin/pytest -s -m kafka tests/kafka

# A share of the matrix in short form, and of the ledger. Where Apache Kafka cannot be had it fails (CI=1), not skips.
SHARE := f1_ or f2_ or f3_ or f4_ or f9_redis or f17_ or f24_ or test_ledger
test-kafka: .venv/for-tests
	CI=1 FAULTS_MATRIX_EVENTS=3000 FAULTS_EVENTS=50000 FAULTS_KILLS=10 FAULTS_SEED=$(SEED) \
		.venv/bin/pytest -m kafka --durations=0 --durations-min=1 \
		tests/kafka/test_faults.py tests/kafka/test_faults_of_state.py tests/kafka/test_ledger.py -k "$(SHARE)"

# Seeded schedules of faults in this process, without a broker: make simulate SEEDS=10000, or one again: SEED=4711
SEEDS ?= 10000
simulate: .venv/for-tests
	.venv/bin/python -m tests.simulator $(if $(filter command line,$(origin SEED)),--seed $(SEED),--seeds $(SEEDS))

# Apache Kafka, fetched with Maven into the cache, on free ports of this machine: one broker, or BROKERS=3; Enter ends it.
kafka: .venv/for-tests
	@exec .venv/bin/python -m tests.kafka.cluster $(BROKERS)

check: .venv/for-tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/klankbord config check --files
	.venv/bin/python -m tests.prometheus

# The golden conversations, and the pages of docs/ that are made from code: look at the difference before you commit.
golden: .venv/for-tests
	.venv/bin/python -m tests.golden

docs: .venv/for-tests
	.venv/bin/python -m docs.generate

# The documentation as a site, in site/: open site/index.html, or let any server of files show it.
site: .venv/for-tests
	.venv/bin/python -m docs.site

dashboards: .venv/for-tests
	.venv/bin/python -m config.grafana.generate

# What the panels show of a replay, from a real Prometheus, into docs/dashboards/: four minutes, most of them scraping.
pictures: .venv/for-tests
	.venv/bin/python -m docs.pictures

# What deploy/kubernetes makes of rules, dashboards and overlays; needs kubectl, and no cluster.
manifests: .venv/for-tests
	.venv/bin/python -m deploy.generate

screenshot: .venv/for-tests
	.venv/bin/python -m docs.screenshot

# Every shipped weight anew, from the sets in DATA: the same bytes from the same data, in about a quarter of an hour.
DATA ?= ../shared/data
train: .venv/for-tests
	$(SYNC) --group train
	.venv/bin/python -m training --data $(DATA)

# Our scores against people's labels, by the judge EVALUATE: writes docs/quality.md.
EVALUATE ?= ../shared/eval/evaluate.py
quality: .venv/for-tests
	$(SYNC) --group train
	.venv/bin/python -m training.quality --evaluate $(EVALUATE) --data $(DATA)

# What observe() costs, by part, beside VADER alone (benchmarks/README.md).
bench-observe: .venv/for-tests
	.venv/bin/python -m benchmarks.observe

# What an event costs as turns, open conversations, rules and messages grow. BENCH=--store keeps it for `make docs`.
bench-growth: .venv/for-tests
	.venv/bin/python -m benchmarks.growth $(BENCH)

# What 2,200 open pages cost one web process, and how soon they hear (benchmarks/README.md).
bench-pages: .venv/for-tests
	.venv/bin/python -m benchmarks.pages

# The next six need Apache Kafka, as `make kafka` does. BENCH passes on: make bench-pipeline BENCH="--broker embedded"
# What the monitor and the publisher cost for each event, from topic to Redis (benchmarks/README.md).
bench-pipeline: .venv/for-tests
	.venv/bin/python -m benchmarks.pipeline $(BENCH)

# Our monitor beside Faust, Quix Streams, Bytewax, confluent-kafka and aiokafka doing the same work.
bench-peers: .venv/for-tests .venv/for-peers
	.venv/bin/python -m benchmarks.compared $(BENCH)

# Red when the monitor's time for an event, over naive Faust's in the same run, is a fifth worse than ratio.json has it.
bench-check: .venv/for-tests
	.venv/bin/python -m benchmarks.check $(BENCH)

# How long an event is on its way to its observation, to Redis, to a stream and to the screen of Chromium.
bench-latency: .venv/for-tests
	.venv/bin/python -m benchmarks.latency $(BENCH)

# What more monitors, partitions and state do, and how long nothing happens when one joins, leaves or dies.
bench-scaling: .venv/for-tests
	.venv/bin/python -m benchmarks.scaling $(BENCH)

# Whether memory or latency grow: half an hour at 1,417 events/s, or less: make bench-soak BENCH="--rate 100"
bench-soak: .venv/for-tests
	.venv/bin/python -m benchmarks.soak $(BENCH)

format: .venv/for-tests
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

.venv/uv:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11 to 3.13 is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/for-demo: .venv/uv uv.lock pyproject.toml
	$(SYNC) --no-dev
	@touch $@

.venv/for-tests: .venv/uv uv.lock pyproject.toml
	$(SYNC) --group docs
	@touch $@ .venv/for-demo

.venv/for-peers: .venv/uv uv.lock pyproject.toml
	UV_PROJECT_ENVIRONMENT=.venv/peers .venv/bin/uv sync --quiet --frozen --only-group peers --python .venv/bin/python
	@touch $@

clean:
	rm -rf .venv
