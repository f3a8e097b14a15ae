# Two commands do everything: `make run` and `make test`. Each installs what is missing first.
.PHONY: run test residuals reference dieharder model model-long fuzz corpus neon native setup command install \
  uninstall bench bench-build bench-peers format clean

SWIFT ?= swift
RESULTS ?= results
PREFIX ?= /usr/local
# Of `make bench`: PAIRS=31 for as many of each figure, BENCH for other options of echelon-compare.
PAIRS ?=
BENCH ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= function value error type wire flight csv csv-parts npy npz raw mtx jsonl hdf5 \
  job journal
# The command carries the Swift runtime inside: workers are copies of it and start twice as fast. Its
# build has a folder of its own, because the tests cannot be linked in that way.
STATIC = --configuration release --static-swift-stdlib --scratch-path .build/static
COMMAND = .build/echelon
PYTHON = .build/python/bin/python
OPENMP = Benchmarks/.build/openmp
BLAS = Benchmarks/.build/blas
LIBRARIES = loky numpy numexpr numba
PEERS_PYTHON = Benchmarks/.build/peers/venv/bin/python

# Process the real files in data/ and show what came of it.
run: command
	@$(COMMAND) demo data --output $(RESULTS)

# The whole suite in debug and in release, each time what needs processes once more with forked ones, and the
# command as people run it.
test: setup
	$(SWIFT) build --build-tests
	sh scripts/suite $(SWIFT) test --skip-build --no-parallel
	ECHELON_TEST_START=forkServer sh scripts/suite $(SWIFT) test --skip-build --no-parallel \
	  --filter 'FaultTests|ObservationTests'
	$(SWIFT) build --configuration release --build-tests
	$(MAKE) command
	sh docs/model/check
	$(SWIFT) build $(STATIC) --product StartProgram
	ECHELON_COMMAND=$(COMMAND) ECHELON_STATIC_PROGRAM=.build/static/release/StartProgram \
	  sh scripts/suite $(SWIFT) test --configuration release --skip-build --no-parallel
	ECHELON_TEST_START=forkServer sh scripts/suite $(SWIFT) test --configuration release --skip-build \
	  --no-parallel --filter 'FaultTests|ObservationTests'

# Residuals of every decomposition over all of LAPACK's matrix types at all sizes: `make test` takes one type at 1000.
residuals: setup
	$(SWIFT) build --configuration release --build-tests
	ECHELON_RESIDUALS=all sh scripts/suite $(SWIFT) test --configuration release --skip-build --no-parallel \
	  --filter "Residuals over LAPACK"

# The suite in release with the reference BLAS and LAPACK alone, whatever else is installed; it has to be root's, in a
# mount namespace of its own.
reference: setup
	$(SWIFT) build --configuration release --build-tests
	$(MAKE) command
	sh scripts/reference-blas env ECHELON_COMMAND=$(COMMAND) sh scripts/suite $(SWIFT) test --configuration release \
	  --skip-build --no-parallel

# All of dieharder's tests on the words of the random generators, one after the other and interleaved: hours.
# DIEHARDER="4x32-sequential 4x64-indices" is some of the six.
dieharder:
	@sh scripts/setup dieharder
	$(SWIFT) build --configuration release --scratch-path .build/words --product RandomWords
	sh scripts/dieharder .build/words/release/RandomWords $(DIEHARDER)

# The protocol between front end and workers, checked exhaustively for small sizes.
model: setup
	@sh docs/model/check

model-long: setup
	@sh docs/model/check long

# Everything that reads bytes of another process or of a file, with inputs that libFuzzer finds;
# FUZZ_SECONDS for each target, FUZZ_SEED=n for the same run again.
fuzz: setup
	$(SWIFT) build --package-path Fuzzing --configuration release
	@case " $(FUZZ_TARGETS) " in *" hdf5 "*) FUZZ_UNGUARDED=1 $(SWIFT) build --package-path Fuzzing \
	  --configuration release --scratch-path Fuzzing/.build/unguarded;; esac
	FUZZ_SECONDS=$(FUZZ_SECONDS) sh Fuzzing/run $(FUZZ_TARGETS)

# What readers give beside what pandas, NumPy, SciPy, h5py and Python's json give, on some 900 files, value by value, to
# the bit. CORPUS_SEED=n for the same files again.
corpus: command
	@$(PYTHON) -c 'import pandas, scipy, h5py, zstandard' 2>/dev/null \
	  || { python3 -m venv .build/python && $(PYTHON) -m pip install --quiet numpy pandas scipy h5py zstandard; }
	$(PYTHON) -B scripts/corpus --echelon $(COMMAND)

# The kernels' bits on an emulated ARM processor beside those on this one. Needs qemu-user and a cross compiler.
neon:
	@sh Porting/check

# Every kernel of a portable build beside one for this processor alone, and every built-in whose loops are in Swift.
native: setup
	@sh Porting/native; kernels=$$?; sh Porting/built-ins && exit $$kernels

command: setup
	@$(SWIFT) build $(STATIC) --product echelon
	@ln -sf static/release/echelon $(COMMAND)

# The command, completion for shells, and manual pages, below PREFIX; DESTDIR comes before that for packages.
install: command
	@$(SWIFT) build $(STATIC) --product generate-manual
	sh scripts/install $(COMMAND) .build/static/release/generate-manual $(DESTDIR)$(PREFIX)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/echelon $(DESTDIR)$(PREFIX)/share/man/man1/echelon.1 \
	  $(DESTDIR)$(PREFIX)/share/man/man1/echelon-*.1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/echelon \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_echelon \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/echelon.fish

# Silent when nothing is missing. Needs the network only when something is.
setup:
	@sh scripts/setup

# The comparison that the table in the README comes from, and what it needs: the program that `echelon bench` runs,
# Python's libraries, and programs in C.
bench-build: setup
	@missing() { for library in $(LIBRARIES); do \
	    $(PYTHON) -c "import $$library" 2>/dev/null || echo $$library; done; }; \
	if [ -n "$$(missing)" ]; then \
	  if $(PYTHON) -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .build/python; then \
	    for library in $$(missing); do \
	      $(PYTHON) -m pip install --quiet $$library || echo "no $$library: its rows are left out"; done; \
	  else echo "no Python with venv (apt-get install python3-venv): its rows are left out"; fi; \
	fi
	$(SWIFT) build --package-path Benchmarks --configuration release --static-swift-stdlib \
	  --scratch-path Benchmarks/.build/static --product echelon-compare
	@mkdir -p Benchmarks/.build && rm -f $(OPENMP).so
# Linked without -ffast-math: with it the library would have all of echelon-compare take tiny numbers for zero.
	@cd Benchmarks && rm -f .build/openmp.o .build/monte_carlo.o; \
	  flags="-O3 -march=native -ffast-math -fopenmp -fPIC"; \
	  if ! gcc $$flags -c openmp.c -o .build/openmp.o; then echo "no gcc with OpenMP: its rows are left out"; \
	  else \
	    if gcc $$flags -dM -E -x c /dev/null | grep -q __AVX2__; then \
	      gcc $$flags -c monte_carlo.c -o .build/monte_carlo.o; \
	    fi; \
	    test -e .build/monte_carlo.o || echo "no AVX2: the Monte Carlo rows beside OpenMP are left out"; \
	    gcc -shared -fopenmp $$(ls .build/openmp.o .build/monte_carlo.o 2>/dev/null) -o $(abspath $(OPENMP)).so -lm \
	      || echo "OpenMP cannot be linked: its rows are left out"; \
	  fi
	@rm -f $(BLAS); cc -O2 Benchmarks/blas.c -ldl -o $(BLAS) || clang -O2 Benchmarks/blas.c -ldl -o $(BLAS) \
	  || echo "no C compiler: the rows beside the BLAS and LAPACK with threads of their own are left out"

# Other pools of processes for Python, into a folder of their own; PEERS="joblib ray" is some of them. Those that
# cannot be had are named, and left out of `make bench`.
bench-peers:
	@sh Benchmarks/peers/install $(PEERS)

# What `make bench-build` made, as echelon-compare asks for it.
BENCH_ENVIRONMENT = $$(test -x $(PYTHON) && echo ECHELON_PYTHON=$(PYTHON)) \
	  $$(test -x $(PEERS_PYTHON) && echo ECHELON_PEERS=$(PEERS_PYTHON)) \
	  $$(test -e $(OPENMP).so && echo ECHELON_OPENMP=$(OPENMP).so) $$(test -x $(BLAS) && echo ECHELON_BLAS=$(BLAS))

bench: bench-build
	env $(BENCH_ENVIRONMENT) Benchmarks/.build/static/release/echelon-compare $(if $(PAIRS),--pairs $(PAIRS)) $(BENCH)

format:
	$(SWIFT) format --in-place --recursive Sources Tests Benchmarks Fuzzing/Sources/EchelonFuzz Package.swift

clean:
	rm -rf .build Benchmarks/.build Fuzzing/.build $(RESULTS)
