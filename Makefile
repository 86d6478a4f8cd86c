# latent: one program, C11, libc + libm + pthreads.
#
#   make            the program, build/latent
#   make demo       the whole study on the embedded models; names the report
#   make test       every test that needs nothing but this folder
#   make lint       warnings as errors, includes, banned calls, style
#   make asan       the tests again under Address- and UBSanitizer
#   make torture    every verb with calls that fail or come short
#   make bench      forward pass beside its peak and the peers installed
#   make bench-ward the same for Ward's method
#   make test-report  the report's pages in headless Chromium, with pictures
#   make test-formats  other programs read our files and write theirs for us
#   make fuzz-smoke  each reader on random bytes, a minute; make fuzz: hours
#   make test-long  hours; make coverage; make ndebug tsan msan valgrind
#                   cppcheck analyzer tidy m32 musl cross-aarch64 cross-s390x
#
# Variables: CC, CFLAGS, BUILD (folder for everything that is built).

CC      ?= cc
AR      ?= ar
BUILD   ?= build
OPT     ?= -O2
WARN     = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
           -Wstrict-prototypes -Wvla
CFLAGS  ?= $(OPT) -g
# POSIX for mmap, fsync, threads; fused multiply-adds are written out.
LAT_CFLAGS = $(WARN) -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
             -ffp-contract=off $(CFLAGS) $(EXTRA)
LIBS     = -pthread -lm

# Lower rooms first; a room may use only those before it (make lint checks).
ROOMS    = base base/kernels model tokenizer cluster align triggers
SOURCES  = $(foreach r,$(ROOMS) tools,$(wildcard $(r)/*.c))
OBJECTS  = $(SOURCES:%.c=$(BUILD)/%.o)
room_objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
LIBRARY  = $(foreach r,$(ROOMS),$(call room_objects,$(r)))

UNIT     = $(wildcard tests/unit/*/test_*.c)
UNIT_BIN = $(UNIT:%.c=$(BUILD)/%)

.PHONY: lib static install uninstall dist deb test-install test-slurm
.PHONY: test-report report-picture test-formats
.PHONY: bench bench-ward all demo test lint asan torture clean unit fuzz fuzz-smoke fuzzers \
    long-unit test-long replay ndebug tsan threads msan valgrind cppcheck \
    analyzer tidy m32 musl \
    cross-aarch64 cross-s390x study-hash coverage
all: $(BUILD)/latent

$(BUILD)/latent: $(OBJECTS)
	$(CC) $(LAT_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(LAT_CFLAGS) -MMD -MP -c -o $@ $<

# A unit test sits in tests/unit/ROOM/ and links the rooms up to its own,
# as archives, so that only what it uses must be there.
define room_rule
$(BUILD)/room-$(subst /,-,$(1)).a: $(call room_objects,$(1))
	@rm -f $$@
	@$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS) tools,$(eval $(call room_rule,$(r))))

rooms_of_base      = base
rooms_of_kernels   = base-kernels base
rooms_of_model     = model base-kernels base
rooms_of_tokenizer = tokenizer base
rooms_of_cluster   = cluster base-kernels base
rooms_of_align     = align cluster base-kernels base
rooms_of_triggers  = triggers align cluster tokenizer model base-kernels base

define unit_rule
$(BUILD)/tests/unit/$(1)/%: tests/unit/$(1)/%.c \
        $(foreach r,$(rooms_of_$(1)),$(BUILD)/room-$(r).a)
	@mkdir -p $$(@D)
	$$(CC) $$(LAT_CFLAGS) $$(LDFLAGS) -MMD -MP -o $$@ $$< \
	    $(foreach r,$(rooms_of_$(1)),$(BUILD)/room-$(r).a) $$(LIBS)
check-$(1): $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/$(1)/test_*.c))
	@tests/run-unit.sh $$^
endef
$(foreach r,base kernels model tokenizer cluster align triggers,\
    $(eval $(call unit_rule,$(r))))

unit: $(UNIT_BIN)
	@tests/run-unit.sh $^

# The fuzz targets over their corpus and all fixtures, with any compiler.
REPLAY     = $(BUILD)/tests/fuzz/replay
REPLAY_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c))
$(REPLAY_OBJ): LAT_CFLAGS += -DFUZZ_REPLAY
$(REPLAY): $(REPLAY_OBJ) \
        $(foreach r,tools $(rooms_of_triggers),$(BUILD)/room-$(r).a)
	$(CC) $(LAT_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# End-to-end tests run the program; the unit tests' closing lines are added.
END_TO_END = $(sort $(wildcard tests/e2e/test_*.sh) \
    $(wildcard tests/crash/test_*.sh) $(wildcard tests/surface/test_*.sh))
test: $(BUILD)/latent $(UNIT_BIN) $(REPLAY)
	@LATENT=$(BUILD)/latent tests/run-unit.sh $(UNIT_BIN) $(REPLAY) \
	    $(END_TO_END)

# libFuzzer (clang): all targets, FUZZ_SECONDS each.  `make fuzz` is the long
# form; FUZZ_TARGETS="json gguf" chooses.
FUZZ_SECONDS ?= 60
FUZZERS   = $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz_%,\
                $(filter-out %/fuzz_common.c,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SANE = -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_MAKE = $(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang \
    CFLAGS="-O1 -g -fsanitize=fuzzer-no-link $(FUZZ_SANE)" fuzzers
fuzz-smoke:
	@$(FUZZ_MAKE)
	@tests/fuzz/run.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)
fuzz:
	@$(MAKE) --no-print-directory fuzz-smoke FUZZ_SECONDS=1200
fuzzers: $(FUZZERS) $(REPLAY)
	@cp $(REPLAY) $(BUILD)/replay
$(FUZZERS): $(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz_common.c \
        $(foreach r,tools $(rooms_of_triggers),$(BUILD)/room-$(r).a)
	@mkdir -p $(@D)
	$(CC) $(LAT_CFLAGS) -fsanitize=fuzzer -o $@ $^ \
	    $(wildcard tests/fuzz/mutators/mutate_$*.c) $(LIBS)

# ---- Checks that take longer or need other compilers ---------------------
# tests/install-tools.sh installs what is missing on Debian.

# Long unit tests, the long forms of the scripts; 3000 mutations of each input,
# every prefix and flipped bit of those up to 4096 bytes; then what CI samples.
LONG = $(wildcard tests/unit/*/long_*.c)
long-unit: $(LONG:%.c=$(BUILD)/%)
	@tests/run-unit.sh $^
test-long: $(BUILD)/latent $(REPLAY) long-unit
	LATENT=$(BUILD)/latent tests/crash/test_kill.sh -n 200
	LATENT=$(BUILD)/latent tests/crash/test_limits.sh -l
	$(REPLAY) -r 3000 -x 4096
	$(MAKE) torture coverage
	$(MAKE) fuzz

# The whole suite in builds of their own.  NDEBUG: no check is an assert.
SUB     = $(MAKE) --no-print-directory BUILD=$(BUILD)/$@
# What a parser, a kernel or a tree does must not hang on the machine; the
# programs run under user-mode emulation, or as they are.
PORT    = check-base check-model check-tokenizer check-cluster replay
replay: $(REPLAY)
	@tests/run-unit.sh $<
ndebug:
	@$(SUB) CFLAGS="-O2 -g -DNDEBUG" unit replay
tsan:
	@TSAN_OPTIONS=halt_on_error=1 $(SUB) CFLAGS="-O1 -g -fsanitize=thread" \
	    check-base check-cluster check-align threads
# Two threads through a whole study.
threads: $(BUILD)/latent
	@LATENT=$(BUILD)/latent tests/study-hash.sh
msan:
	@$(SUB) CC=clang CFLAGS="-O1 -g -fsanitize=memory \
	    -fno-sanitize-recover=all -fsanitize-memory-track-origins" replay
valgrind: $(BUILD)/latent
	RUN="valgrind -q --error-exitcode=9 --leak-check=full" \
	    LATENT=$(BUILD)/latent tests/study-hash.sh
# Left out: arrays handed down to be filled are taken for uninitialised
# (Valgrind and MSan look for those), buffers used as another type, what it
# cannot preprocess.
cppcheck:
	cppcheck --std=c11 --quiet --error-exitcode=1 \
	    --enable=warning,portability --suppress=uninitvar \
	    --suppress=legacyUninitvar --suppress=invalidPointerCast \
	    --suppress=preprocessorErrorDirective \
	    $(ROOMS) tools
# Left out: "LAT_OK means that *out is set" holds between files, which gcc
# looks at one by one; the lists of near points are filled up to a count.
analyzer:
	@$(SUB) CC=gcc CFLAGS="-O1 -fanalyzer -Werror \
	    -Wno-analyzer-null-dereference -Wno-analyzer-null-argument \
	    -Wno-analyzer-use-of-uninitialized-value" $(BUILD)/$@/latent
# Left out: matters of style, what -Wconversion does better, and false alarms
# (a va_list after va_start, floats compared as bits, a count of whole steps,
# a matrix without rows).
TIDY = -*,bugprone-*,clang-analyzer-*,misc-redundant-expression,\
    -bugprone-easily-swappable-parameters,-bugprone-macro-parentheses,\
    -bugprone-narrowing-conversions,-bugprone-sizeof-expression,\
    -bugprone-implicit-widening-of-multiplication-result,\
    -bugprone-not-null-terminated-result,-bugprone-reserved-identifier,\
    -bugprone-integer-division,-bugprone-suspicious-memory-comparison,\
    -clang-analyzer-valist.Uninitialized,-clang-analyzer-core.DivideZero,\
    -clang-analyzer-core.NullDereference,\
    -clang-analyzer-core.NonNullParamChecker,\
    -clang-analyzer-optin.performance.Padding,\
    -clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
empty =
tidy:
	clang-tidy --quiet --warnings-as-errors='*' \
	    --checks='$(subst $(empty) ,,$(TIDY))' $(SOURCES) -- $(LAT_CFLAGS)
# Debian keeps asm/ in the folder of the main architecture, and gives musl no
# headers of the kernel.
m32:
	@$(SUB) CC="gcc -m32 -idirafter /usr/include/x86_64-linux-gnu" \
	    CFLAGS="-O2 -g -msse2 -mfpmath=sse" $(PORT) study-hash
musl:
	@$(SUB) CC="musl-gcc -idirafter /usr/include \
	    -idirafter /usr/include/x86_64-linux-gnu" LDFLAGS=-static check-base check-tokenizer replay \
	    study-hash
cross-aarch64 cross-s390x: cross-%:
	@RUN=qemu-$*-static $(SUB) CC=$*-linux-gnu-gcc AR=$*-linux-gnu-ar \
	    LDFLAGS=-static CFLAGS="-O2 -g $(EXCESS_$*)" $(PORT) study-hash
# Under -std=c11 gcc widens float arithmetic to double there.
EXCESS_s390x = -fexcess-precision=fast
# The demo study has the same bytes on every machine: tests/study-hash.txt.
study-hash: $(BUILD)/latent
	@LATENT=$(BUILD)/latent tests/study-hash.sh

# Lines and branches that the tests reach, room by room.
coverage:
	@$(SUB) CC=gcc CFLAGS="-O0 -g --coverage" test || true
	@tests/coverage.sh $(BUILD)/coverage

# The whole study on the embedded models and corpus.
DEMO = demo-study
demo: $(BUILD)/latent
	@rm -rf $(DEMO)
	$(BUILD)/latent run --base model/demo/base.gguf \
	    --tuned model/demo/tuned.gguf --data tests/data/demo.tsv \
	    --eval tests/data/demo-eval.tsv --k 100 --min 4 --max 8 --out $(DEMO)
	@echo "The report: $(DEMO)/report.html"

# The report in a browser: STUDY's (the demo's, when there is one, or that of
# a small study) and a hostile one's.  Needs root once, for the browser.
STUDY ?= $(patsubst %/manifest.json,%,$(wildcard $(DEMO)/manifest.json))
test-report: $(BUILD)/latent
	@tests/install-tools.sh report $(BUILD)/report
	@tests/report/run.sh $(BUILD)/latent $(BUILD)/report/node_modules \
	    $(BUILD)/report/pictures $(STUDY)

# The README's picture, from a study's report: make report-picture STUDY=...
report-picture: $(BUILD)/latent
	@tests/install-tools.sh report $(BUILD)/report
	$(BUILD)/latent report $(STUDY) -o $(BUILD)/report/picture.html
	node tests/report/picture.js $(BUILD)/report/picture.html \
	    tools/manual/report.png

# What other programs make of our files: R, SciPy, llama.cpp, ...
test-formats: $(BUILD)/latent
	@tests/install-tools.sh formats $(BUILD)/formats
	@PATH=$(abspath $(BUILD))/formats/bin:$$PATH LATENT=$(BUILD)/latent \
	    tests/e2e/test_formats.sh

lint:
	@tests/lint.sh

asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan unit CFLAGS="-O1 -g \
	    -fsanitize=address,undefined -fno-sanitize-recover=all"

# Every open, write, allocation, ... of every verb fails in turn (Linux).
FAULT = $(BUILD)/tests/fault
torture: $(FAULT)/latent $(FAULT)/shim.so $(FAULT)/probe
	tests/fault/run.sh -e $(FAULT)/shim.so $(FAULT)/out $(FAULT)/probe \
	    tests/fixtures/base/table/good/plain.tsv $(FAULT)/out
	tests/fault/verbs.sh $(FAULT)/latent $(FAULT)/shim.so
# -fno-builtin: or its calloc, malloc and memset, becomes a call of itself.
$(FAULT)/shim.so: tests/fault/fault_shim.c
	@mkdir -p $(@D)
	$(CC) $(LAT_CFLAGS) -fno-builtin -fPIC -shared -o $@ $< -ldl
LEAKS = $(FAULT)/fault_leaks.o
$(FAULT)/probe: $(FAULT)/fault_probe.o $(LEAKS) $(BUILD)/room-base.a
	$(CC) $(LAT_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(FAULT)/latent: $(OBJECTS) $(LEAKS)
	$(CC) $(LAT_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- Libraries, installing (tools/manual/INSTALL.md) -----------------------

VERSION := $(shell sed -n 's/^.define LAT_VERSION "\(.*\)"/\1/p' base/base.h)
SOVERSION = 0
PREFIX  ?= /usr/local
BINDIR   = $(PREFIX)/bin
LIBDIR   = $(PREFIX)/lib
SHARE    = $(PREFIX)/share
HEADERS  = $(foreach r,$(ROOMS),$(r)/$(notdir $(r)).h)
OBJCOPY ?= objcopy
NATIVE  ?= $(BUILD)/latent# writes manual and completion; set for cross builds

# The rooms as one object in which only the public names are left.
PIC      = $(patsubst $(BUILD)/%,$(BUILD)/pic/%,$(LIBRARY))
SONAME   = liblatent.so.$(SOVERSION)
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(LAT_CFLAGS) -fPIC -MMD -MP -c -o $@ $<
$(BUILD)/liblatent.o: $(PIC)
	$(CC) -r -nostdlib -o $@.all $(PIC)
	$(OBJCOPY) --wildcard -G 'lat_*' $@.all
	$(OBJCOPY) --wildcard -L 'lat_*_int' $@.all $@
	@rm $@.all
$(BUILD)/liblatent.a: $(BUILD)/liblatent.o
	@rm -f $@
	$(AR) rcs $@ $<
$(BUILD)/liblatent.so: $(BUILD)/liblatent.o
	@echo 'LATENT_$(SOVERSION) { global: lat_*; local: *; };' >$@.map
	$(CC) $(LAT_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) \
	    -Wl,--version-script,$@.map -o $@ $< $(LIBS)
lib: $(BUILD)/liblatent.a $(BUILD)/liblatent.so

static: $(BUILD)/latent-static
$(BUILD)/latent-static: $(OBJECTS)
	$(CC) $(LAT_CFLAGS) $(LDFLAGS) -static -s -o $@ $^ $(LIBS)
	@ls -l $@ | awk '{print $$5 " bytes: " $$NF}'

install: $(BUILD)/latent lib
	tools/install.sh install "$(BUILD)" "$(DESTDIR)" "$(PREFIX)" \
	    "$(BINDIR)" "$(LIBDIR)" "$(SHARE)" "$(VERSION)" "$(SONAME)" \
	    "$(NATIVE)" $(HEADERS)
uninstall:
	tools/install.sh uninstall "$(BUILD)" "$(DESTDIR)" "$(PREFIX)" \
	    "$(BINDIR)" "$(LIBDIR)" "$(SHARE)" "$(VERSION)" "$(SONAME)"
dist:
	tools/dist.sh "$(BUILD)" "$(VERSION)"
deb: $(BUILD)/latent lib
	tools/deb.sh "$(BUILD)" "$(VERSION)"
test-slurm: $(BUILD)/latent
	@tests/install-tools.sh slurm
	@tests/slurm/run.sh "$(BUILD)"
test-install: $(BUILD)/latent lib
	@CC="$(CC)" MAKE="$(MAKE)" tests/install/run.sh "$(BUILD)"

bench: $(BUILD)/latent
	@tests/bench/run.sh $(BUILD)/latent forward
bench-ward: $(BUILD)/latent
	@tests/bench/run.sh $(BUILD)/latent ward

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d)
-include $(PIC:.o=.d)
-include $(UNIT_BIN:=.d)
-include $(REPLAY_OBJ:.o=.d)
