# Two commands do everything: `make run` and `make test`. Each installs what is missing first.
.PHONY: run test setup build command bench format clean

SWIFT ?= swift
RESULTS ?= results
# The command carries the Swift runtime inside: workers are copies of it and start twice as fast.
RELEASE = $(SWIFT) build --configuration release --static-swift-stdlib --product echelon
COMMAND = .build/release/echelon

# Process the real files in data/ and show what came of it.
run: command
	@$(COMMAND) demo data --output $(RESULTS)

# The whole suite, as it is developed and as it is used.
test: setup
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --no-parallel
	$(SWIFT) build --configuration release --static-swift-stdlib --build-tests
	$(SWIFT) test --configuration release --static-swift-stdlib --skip-build --no-parallel

command: setup
	@$(RELEASE)

# Silent when nothing is missing. Needs the network only when something is.
setup:
	@sh scripts/setup

# The benchmarks, and the comparison that the table in the README comes from.
bench: setup
	$(SWIFT) run --package-path Benchmarks --configuration release echelon-compare

format:
	$(SWIFT) format --in-place --recursive Sources Tests Benchmarks Package.swift

clean:
	rm -rf .build Benchmarks/.build $(RESULTS)
