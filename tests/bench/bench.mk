# The programs of the benchmark. The host's compiler for what measures, lull's for what is measured
# beside it. Run from the repository's root by tests/bench/run and tests/bench/libc_table.
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

ARCH := $(shell uname -m | sed 's/aarch64/arm64/')
O := build/bench
include build/$(ARCH)/deps.mk

BENCH_WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
BENCH_CFLAGS := -std=gnu11 -O2 $(BENCH_WARNINGS) -D_GNU_SOURCE -MMD -MP
BENCH_OBJECTS := $(patsubst %,$(O)/%.o,\
	bench environment faults figures first_tls flat folder held http instructions joined lambda lazy ledger life load \
	loop post program relay share spans start tls turn)

.PHONY: all
all: $(O)/bench $(O)/three_calls $(O)/turns $(O)/join

$(O)/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	@gcc $(BENCH_CFLAGS) -c -o $@ $<

$(O)/bench: $(BENCH_OBJECTS)
	@gcc -o $@ $^ -ldeflate -ljansson -lssl -lcrypto

$(O)/turns: tests/bench/turns.c
	@mkdir -p $(@D)
	@gcc $(BENCH_CFLAGS) -o $@ $<

$(O)/three_calls: tests/bench/three_calls.c
	@mkdir -p $(@D)
	@$(CC) $(BENCH_CFLAGS) $(DEPS_CFLAGS) -static -Wl,--gc-sections -s -o $@ $<

# Of lull's own objects, as `make` has built them: those of today's sources, not of a file that is gone.
LULL_OBJECTS := $(patsubst extension/%.c,build/$(ARCH)/obj/%.o,$(filter-out %/main.c,$(wildcard extension/*.c extension/*/*.c))) \
	$(wildcard build/$(ARCH)/obj/proto/*.o)
LULL_FLAGS := -Iextension -Ibuild/$(ARCH)/proto -Ibuild/$(ARCH)/gen $(DEPS_CFLAGS)

$(O)/join: tests/bench/join.c tests/bench/spans.c $(LULL_OBJECTS)
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(BENCH_CFLAGS)) $(LULL_FLAGS) -static -Wl,--gc-sections -s -o $@ $^ $(DEPS_LIBS)

# show-CC prints the variable CC, for tests/bench/libc_table.
show-%:
	@echo '$($*)'

-include $(wildcard $(O)/*.d)
