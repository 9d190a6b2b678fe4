# lull: see CONTRIBUTING.md. `make help` lists what there is to do.
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

HOST_ARCH := $(shell uname -m | sed 's/aarch64/arm64/')
ARCH ?= $(HOST_ARCH)
OTHER_ARCH := $(if $(filter x86_64,$(ARCH)),arm64,x86_64)
B := build/$(ARCH)
U := build/unit
PYTHON := build/venv/bin/python

# Made again where the cache it points to is gone.
$(shell test -f "$$(sed -n 's/^include //p' $(B)/deps.mk 2>/dev/null)" || rm -f $(B)/deps.mk)

GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out help clean packages,$(GOALS)),)
include $(B)/deps.mk
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wformat=2 -Wundef -Wvla -Wcast-qual -Wwrite-strings -Werror
CPPFLAGS := -D_GNU_SOURCE -Iextension -I$(B)/proto -I$(B)/gen
CFLAGS := -std=gnu11 -O2 -g0 $(WARNINGS) -MMD -MP -ffile-prefix-map=$(CURDIR)=. \
	$(DEPS_CFLAGS)
LDFLAGS := -static $(DEPS_LDFLAGS) -Wl,--build-id=none -Wl,-z,relro,-z,now

SOURCES := $(sort $(wildcard extension/*.c extension/*/*.c))
PROTOS := $(sort $(wildcard extension/proto/*.proto))
PROTO_NAMES := $(PROTOS:extension/proto/%.proto=%)
OBJECTS := $(SOURCES:extension/%.c=$(B)/obj/%.o) $(PROTO_NAMES:%=$(B)/obj/proto/%.pb-c.o)

.PHONY: all help packages clean test test-backends unit e2e lint format bench layer demo fuzz smoke both

all: $(B)/lull

help:
	@echo "make            build/$(ARCH)/lull; ARCH=arm64 cross-builds"
	@echo "make test       all tests"
	@echo "make test-backends  traces, metrics and logs into Jaeger, Prometheus and Loki, and queried back"
	@echo "                (builds them first, once: a quarter of an hour)"
	@echo "make lint       formatting and static checks; make format mends"
	@echo "make demo       a function under the local Lambda, shown; ENDPOINT=https://... sends to a backend"
	@echo "make bench      the figures; PEER=binary PEER_ENV=file beside another extension; INSTRUCTIONS=1 counts;"
	@echo "                COSTS=1 without the faults; LONG=1 with 100,000 invocations and pauses (10 minutes)"
	@echo "make layer      build/lull-x86_64.zip and build/lull-arm64.zip"
	@echo "make fuzz       the fuzzers, one minute each"

# ---- What it takes: host packages and our own libraries ----

PACKAGES := gcc libc6-dev make git dpkg-dev xz-utils perl linux-libc-dev gcc-aarch64-linux-gnu \
	libc6-dev-arm64-cross qemu-user-static protobuf-c-compiler protobuf-compiler \
	libprotobuf-dev libprotobuf-c-dev libcmocka-dev libjansson-dev libdeflate-dev libevent-dev libcurl4-openssl-dev libssl-dev libnghttp2-dev openssl \
	iproute2 python3 python3-venv

packages:
	@scripts/packages $(PACKAGES)

# The libraries' place depends on their lock; the file changes only when they do. Our variables are
# not for their makes: musl's has an ARCH of its own.
$(B)/deps.mk: $(wildcard scripts/deps/*) scripts/packages Makefile
	@mkdir -p $(@D)
	@scripts/packages $(PACKAGES)
	@prefix=$$(env -u MAKEFLAGS -u MAKELEVEL -u ARCH scripts/deps/build $(ARCH)) && echo "include $$prefix/env.mk" > $@

# ---- The program ----

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
$(shell mkdir -p $(B)/gen && echo '#define LULL_VERSION "$(VERSION)"' > $(B)/gen/version.h.new && \
	if cmp -s $(B)/gen/version.h.new $(B)/gen/version.h; then rm $(B)/gen/version.h.new; \
	else mv $(B)/gen/version.h.new $(B)/gen/version.h; fi)

$(B)/proto/done: $(PROTOS) $(B)/deps.mk
	@mkdir -p $(@D)
	@echo "  PROTOC $(@D)"
	@protoc-c --proto_path=extension/proto --proto_path=/usr/include --c_out=$(@D) $(PROTOS)
	@touch $@

$(B)/obj/%.o: extension/%.c $(B)/proto/done $(B)/deps.mk
	@mkdir -p $(@D)
	@echo "  CC     $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Generated code has its own idea of warnings.
$(B)/obj/proto/%.pb-c.o: $(B)/proto/done $(B)/deps.mk
	@mkdir -p $(@D)
	@echo "  CC     $@"
	@$(CC) $(CPPFLAGS) -std=gnu11 -O2 -ffile-prefix-map=$(CURDIR)=. $(DEPS_CFLAGS) -c -o $@ \
		$(B)/proto/$*.pb-c.c

# What runs first lies together.
$(B)/link.ld: scripts/link/script scripts/link/order $(B)/deps.mk
	@CC=$(CC) scripts/link/script $(LDFLAGS) > $@

# Static in truth: on Debian 12 musl-gcc -static-pie links a dynamic program without a word.
$(B)/lull: $(OBJECTS) $(B)/link.ld
	@echo "  LINK   $@"
	@$(CC) $(LDFLAGS) -Wl,-T,$(B)/link.ld -o $@.full $(OBJECTS) $(DEPS_LIBS)
	@$(STRIP) -s -o $@.tmp $@.full
	@! $(READELF) -lW $@.tmp | grep -q INTERP || { echo "$@ has an interpreter"; exit 1; }
	@! $(READELF) -dW $@.tmp | grep -q NEEDED || { echo "$@ needs libraries"; exit 1; }
	@mv $@.tmp $@

both: $(B)/lull
	@$(MAKE) --no-print-directory ARCH=$(OTHER_ARCH) build/$(OTHER_ARCH)/lull

# The other architecture's program runs, as far as it goes without Lambda.
smoke: both
	@qemu-aarch64-static build/arm64/lull --version

# ---- Tests ----

UNIT_TESTS := $(patsubst tests/unit/%.c,$(U)/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_HELPERS := $(patsubst tests/unit/%.c,$(U)/%.o,\
	$(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c)))
# All that runs without a backend, against the host's libraries, with sanitizers.
UNIT_SOURCES := $(filter-out extension/main.c $(wildcard extension/agent*.c),$(SOURCES))
UNIT_OBJECTS := $(UNIT_SOURCES:extension/%.c=$(U)/obj/%.o) \
	$(PROTO_NAMES:%=$(U)/obj/proto/%.pb-c.o) $(U)/obj/llhttp.o
UNIT_CC := gcc -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -D_GNU_SOURCE -Iextension -I$(B)/proto -I$(B)/gen -Itests/unit \
	-isystem $(DEPS_PREFIX)/src/llhttp -MMD -MP

$(U)/obj/%.o: extension/%.c $(B)/proto/done $(B)/deps.mk
	@mkdir -p $(@D)
	@echo "  CC     $@"
	@$(UNIT_CC) $(WARNINGS) -c -o $@ $<

$(U)/obj/proto/%.pb-c.o: $(B)/proto/done
	@mkdir -p $(@D)
	@$(UNIT_CC) -c -o $@ $(B)/proto/$*.pb-c.c

$(U)/obj/llhttp.o: $(B)/deps.mk
	@mkdir -p $(@D)
	@$(foreach f,api http llhttp,$(UNIT_CC) -DLLHTTP_STRICT_MODE=1 -c -o $(U)/obj/llhttp-$(f).o $(DEPS_PREFIX)/src/llhttp/$(f).c;)
	@ld -r -o $@ $(foreach f,api http llhttp,$(U)/obj/llhttp-$(f).o)

$(U)/liblull.a: $(UNIT_OBJECTS)
	@rm -f $@ && ar rcsD $@ $^

$(U)/%.o: tests/unit/%.c $(B)/proto/done
	@mkdir -p $(@D)
	@echo "  CC     $@"
	@$(UNIT_CC) $(WARNINGS) -c -o $@ $<

# realloc is wrapped so that a test can make any of them fail.
$(U)/test_%: $(U)/test_%.o $(UNIT_HELPERS) $(U)/liblull.a
	@echo "  LINK   $@"
	@$(UNIT_CC) -o $@ $^ -Wl,--wrap=realloc -lcmocka -lcurl -lssl -lcrypto -lnghttp2 -levent_core -ljansson -lprotobuf-c -ldeflate

# For tests/proto: between protobuf and JSON, to be compared with the official mapping.
$(U)/otlp_json: tests/proto/otlp_json.c $(U)/liblull.a
	@echo "  LINK   $@"
	@$(UNIT_CC) $(WARNINGS) -MT $@ -o $@ $^ -ljansson -lprotobuf-c

unit: $(UNIT_TESTS)
	@scripts/test/unit $(UNIT_TESTS)

$(PYTHON): tests/requirements.txt
	@rm -rf build/venv && python3 -m venv build/venv
	@build/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Built once and kept in the cache: the real backend, AWS's emulator, functions in other languages.
e2e: both $(PYTHON) $(U)/otlp_json
	@scripts/collector/build >/dev/null
	@PYTHON=$(PYTHON) scripts/rie/fetch >/dev/null
	@for f in go node java grpc; do scripts/functions/$$f >/dev/null || exit 1; done
	@$(PYTHON) -m pytest -q -n 2

test:
	@scripts/test/all

# Backends that people have, each built once and kept in the cache.
test-backends: $(B)/lull $(PYTHON)
	@for b in jaeger prometheus loki; do scripts/backends/build $$b >/dev/null || exit 1; done
	@$(PYTHON) -m pytest -q -m backends tests/backends

lint: $(B)/proto/done
	@scripts/packages clang-format-14 clang-tidy-14 shellcheck
	@scripts/lint/run -std=gnu11 $(CPPFLAGS) -isystem $(DEPS_PREFIX)/include

format:
	@scripts/lint/run --fix

# ---- For people ----

demo: $(B)/lull $(PYTHON)
	@$(PYTHON) tests/demo/demo.py $(if $(ENDPOINT),--endpoint '$(ENDPOINT)')

layer: both
	@scripts/layer/build $(ARCH)
	@scripts/layer/build $(OTHER_ARCH)

bench: $(B)/lull
	@tests/bench/run

FUZZ_SOURCES := $(patsubst %,extension/base/%.c,arena base64 bytes spare utf8) \
	extension/domain/payload.c extension/edges/spool_format.c extension/edges/grpc_message.c \
	extension/edges/proc_net.c \
	$(patsubst %,extension/domain/%.c,baggage config_lists correlate faas_trigger invocations orphans own_request \
	request_ends seen_spans severity telemetry timestamp trace_context) \
	$(wildcard extension/domain/join*.c extension/domain/log_*.c) \
	$(wildcard extension/wire/*.c)

build/fuzz/%: tests/fuzz/%.c $(FUZZ_SOURCES) $(B)/proto/done
	@mkdir -p $(@D)
	@scripts/packages clang-14 libclang-rt-14-dev
	clang-14 -std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -Iextension -isystem $(B)/proto -I$(B)/gen -o $@ $< $(FUZZ_SOURCES) \
		$(PROTO_NAMES:%=$(B)/proto/%.pb-c.c) -lprotobuf-c -ldeflate -ljansson

fuzz: $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
	@tests/loggers/seeds build/fuzz/fuzz_log_lines.corpus
	@for f in $^; do mkdir -p $$f.corpus && $$f -max_total_time=60 $$f.corpus tests/fuzz/regress || exit 1; done

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
.SECONDARY:
