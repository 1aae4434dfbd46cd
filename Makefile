# SPDX-License-Identifier: BSD-2-Clause
#
# xsw: the one Makefile. `make help` lists what it can do.
#
# Sources are found by their folder, so a new .c file needs no change here:
#
#   bpf/*.bpf.c            programs of the kernel  -> $(O)/bpf/NAME.skel.h
#   switch/LAYER/*.c       the daemon              -> $(O)/libxsw.a, $(O)/xswd
#   ctl/*.c                the command             -> $(O)/libctl.a, $(O)/xsw
#   tests/fake/*.c         stand-ins for the kernel, linked to every unit test
#   tests/unit/test_*.c    one program each, no rights needed
#   tests/bpf/test_*.c     one program each, root
#   tests/lab/test_*.c, *.sh, *.py                 root
#   tests/fuzz/NAME.c      one LLVMFuzzerTestOneInput each
#   tests/bench/*.c        one program each

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

VERSION := 0.1

# --- variables for the user ---------------------------------------------------

V      ?= 0
DEBUG  ?= 0
ASAN   ?= 0
UBSAN  ?= 0
TSAN   ?= 0
WERROR ?= 1
T      ?=
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 30

# Builds that differ in kind live in folders of their own.
O ?= build$(if $(filter 1,$(DEBUG)),-debug)$(if $(filter 1,$(ASAN)),-asan)$(if \
	$(filter 1,$(UBSAN)),-ubsan)$(if $(filter 1,$(TSAN)),-tsan)

CC         := $(if $(filter default,$(origin CC)),gcc,$(CC))
AR         := $(if $(filter default,$(origin AR)),gcc-ar,$(AR))
CLANG      ?= clang
BPFTOOL    ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
PYTHON     ?= python3

Q := $(if $(filter 1,$(V)),,@)
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(or $(filter 1,$(V)),$(SILENT)),,@printf '  %-8s%s\n' '$(1)' '$(2)')

# --- libraries ----------------------------------------------------------------

# pkg-config module : Debian package
REQUIRED := libbpf:libbpf-dev libxdp:libxdp-dev numa:libnuma-dev libevent:libevent-dev \
	jansson:libjansson-dev libmnl:libmnl-dev liburcu-qsbr:liburcu-dev \
	libcap-ng:libcap-ng-dev libsystemd:libsystemd-dev cmocka:libcmocka-dev

module  = $(firstword $(subst :, ,$(1)))
package = $(lastword $(subst :, ,$(1)))
MODULES := $(filter-out cmocka,$(foreach r,$(REQUIRED),$(call module,$(r))))

# Goals that compile nothing work without any library.
QUIET_GOALS := clean help format uninstall deps
ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
ifeq ($(shell command -v $(PKG_CONFIG)),)
$(error $(PKG_CONFIG) is missing: install the package pkg-config, or run tools/deps)
endif
ABSENT := $(foreach r,$(REQUIRED),$(shell $(PKG_CONFIG) --exists $(call module,$(r)) || echo $(r))) \
	$(shell command -v $(CC) >/dev/null || echo $(CC):gcc) \
	$(shell command -v $(CLANG) >/dev/null || echo $(CLANG):clang) \
	$(shell command -v $(BPFTOOL) >/dev/null || echo bpftool:bpftool)
ABSENT := $(strip $(ABSENT))
ifneq ($(ABSENT),)
$(error missing: $(foreach r,$(ABSENT),$(call module,$(r))). \
	On Debian: apt-get install $(foreach r,$(ABSENT),$(call package,$(r))); or run tools/deps)
endif
LIB_CFLAGS    := $(shell $(PKG_CONFIG) --cflags $(MODULES) cmocka)
LIBS          := $(shell $(PKG_CONFIG) --libs $(MODULES)) -lpthread
CMOCKA_LIBS   := $(shell $(PKG_CONFIG) --libs cmocka)
MULTIARCH     := $(shell $(CC) -print-multiarch)
endif

# --- flags --------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wvla -Wpointer-arith -Wwrite-strings -Wundef \
	-Wformat=2 -Wimplicit-fallthrough -Wno-unused-parameter
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

SANITIZE := $(if $(filter 1,$(ASAN)),-fsanitize=address) \
	$(if $(filter 1,$(UBSAN)),-fsanitize=undefined -fno-sanitize-recover=undefined) \
	$(if $(filter 1,$(TSAN)),-fsanitize=thread) \
	$(if $(filter 1,$(COVERAGE)),--coverage -fprofile-abs-path)
SANITIZE := $(strip $(SANITIZE))
# TSAN does not see fences; what relies on them is tested without it.
WARNINGS += $(if $(filter 1,$(TSAN)),-Wno-tsan)

OPTIMIZE := $(if $(filter 1,$(DEBUG)),-Og -DDEBUG,-O2)
CFLAGS   ?= -g
CPPFLAGS ?=
LDFLAGS  ?=

XSW_CPPFLAGS = -D_GNU_SOURCE -DXSW_VERSION='"$(VERSION)"' -I. -I$(O)/bpf $(LIB_CFLAGS) $(CPPFLAGS)
XSW_CFLAGS   = -std=gnu11 $(OPTIMIZE) -pthread -fno-common -fno-omit-frame-pointer \
	$(WARNINGS) $(SANITIZE) $(if $(findstring fsanitize,$(SANITIZE)),,-fstack-protector-strong) $(CFLAGS)
XSW_LDFLAGS  = -pthread -Wl,--as-needed -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)

BPF_ARCH   = $(if $(findstring aarch64,$(MULTIARCH)),arm64,x86)
BPF_CFLAGS = -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Wshadow -Wno-unused-parameter \
	$(if $(filter 1,$(WERROR)),-Werror) -D__TARGET_ARCH_$(BPF_ARCH) -I. \
	-idirafter /usr/include/$(MULTIARCH)

# --- what there is ------------------------------------------------------------

BPF_SRC    := $(wildcard bpf/*.bpf.c)
SWITCH_SRC := $(foreach l,base frame table wire plane control,$(wildcard switch/$(l)/*.c))
CTL_SRC    := $(wildcard ctl/*.c)
FAKE_SRC   := $(wildcard tests/fake/*.c)
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
BPFT_SRC   := $(wildcard tests/bpf/test_*.c)
LABT_SRC   := $(wildcard tests/lab/test_*.c)
FUZZ_SRC   := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
BENCH_SRC  := $(wildcard tests/bench/*.c)
HELP_SRC   := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)) \
	$(filter-out $(BPFT_SRC),$(wildcard tests/bpf/*.c))

SKELS := $(patsubst bpf/%.bpf.c,$(O)/bpf/%.skel.h,$(BPF_SRC))

DAEMON_MAIN := switch/control/main.c
CTL_MAIN    := ctl/main.c
LIBXSW_OBJ  := $(patsubst %.c,$(O)/%.o,$(filter-out $(DAEMON_MAIN),$(SWITCH_SRC)))
LIBCTL_OBJ  := $(patsubst %.c,$(O)/%.o,$(filter-out $(CTL_MAIN),$(CTL_SRC)))
FAKE_OBJ    := $(patsubst %.c,$(O)/%.o,$(FAKE_SRC))
HELP_OBJ    := $(patsubst %.c,$(O)/%.o,$(HELP_SRC))
ARCHIVES    := $(O)/libxsw.a $(O)/libctl.a

UNIT_BIN  := $(patsubst %.c,$(O)/%,$(UNIT_SRC))
BPFT_BIN  := $(patsubst %.c,$(O)/%,$(BPFT_SRC))
LABT_BIN  := $(patsubst %.c,$(O)/%,$(LABT_SRC))
FUZZ_BIN  := $(patsubst %.c,$(O)/%,$(FUZZ_SRC))
BENCH_BIN := $(patsubst %.c,$(O)/%,$(BENCH_SRC))
THREAD_BIN := $(filter %_threads,$(UNIT_BIN))
LAB_SCRIPTS := $(filter-out tests/lab/lab.sh,$(wildcard tests/lab/*.sh)) \
	$(wildcard tests/lab/test_*.py)

BINARIES := $(if $(wildcard $(DAEMON_MAIN)),$(O)/xswd) $(if $(wildcard $(CTL_MAIN)),$(O)/xsw)

.PHONY: all
all: $(BINARIES) $(ARCHIVES) ## build the daemon and the command

# --- how it is made -----------------------------------------------------------

# Flags are an input: whatever is compiled depends on this file.
FLAGS = $(CC) $(XSW_CPPFLAGS) $(XSW_CFLAGS) $(XSW_LDFLAGS) $(BPF_CFLAGS)
.PHONY: FORCE
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' >$@

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(O)/flags
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(O)/bpf/%.skel.h: $(O)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< >$@

$(O)/%.o: %.c $(O)/flags | $(SKELS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(XSW_CPPFLAGS) $(XSW_CFLAGS) -MMD -MP -c $< -o $@

$(O)/libxsw.a: $(LIBXSW_OBJ)
$(O)/libctl.a: $(LIBCTL_OBJ)
$(ARCHIVES): $(O)/%.a: $(O)/%.members
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)
# A member that was taken away must leave the archive too.
$(O)/libxsw.members: MEMBERS = $(LIBXSW_OBJ)
$(O)/libctl.members: MEMBERS = $(LIBCTL_OBJ)
$(O)/%.members: FORCE
	@mkdir -p $(@D)
	@echo '$(MEMBERS)' | cmp -s - $@ || echo '$(MEMBERS)' >$@

LINK = $(CC) $(XSW_LDFLAGS) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group

$(O)/xswd: $(O)/switch/control/main.o $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(LIBS)

$(O)/xsw: $(O)/ctl/main.o $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(LIBS)

# Only unit tests play with stand-ins; where there is a kernel, the real thing is tested.
$(UNIT_BIN): $(FAKE_OBJ)
$(UNIT_BIN) $(BPFT_BIN) $(LABT_BIN): %: %.o $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(CMOCKA_LIBS) $(LIBS)
# Helpers beside the tests (tests/unit/foo.c without test_) go with all of their folder.
$(UNIT_BIN): $(filter $(O)/tests/unit/%,$(HELP_OBJ))
$(BPFT_BIN): $(filter $(O)/tests/bpf/%,$(HELP_OBJ))

$(BENCH_BIN): %: %.o $(FAKE_OBJ) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(LIBS)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# --- fuzzing ------------------------------------------------------------------

# Replay: the corpus through an ordinary build, part of check-unit.
$(FUZZ_BIN): $(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/replay.o $(FAKE_OBJ) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(LIBS)

# The real thing: everything compiled anew by clang, with libFuzzer.
FUZZ_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_OBJ   := $(patsubst %.c,$(O)/fuzz/%.o,$(filter-out $(DAEMON_MAIN) $(CTL_MAIN),\
	$(SWITCH_SRC) $(CTL_SRC)))
FUZZ_FAKE  := $(patsubst %.c,$(O)/fuzz/%.o,$(FAKE_SRC))
FUZZ_PROG  := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(FUZZ_SRC))

$(O)/fuzz/%.o: %.c $(O)/flags | $(SKELS)
	$(call say,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(XSW_CPPFLAGS) -std=gnu11 -O1 -g -pthread -fsanitize=fuzzer-no-link $(FUZZ_SAN) \
		-MMD -MP -c $< -o $@
$(O)/fuzz/libfuzzed.a: $(FUZZ_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(FUZZ_PROG): $(O)/fuzz/%: $(O)/fuzz/tests/fuzz/%.o $(FUZZ_FAKE) $(O)/fuzz/libfuzzed.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) -pthread -fsanitize=fuzzer $(FUZZ_SAN) -o $@ $^ $(LIBS)

.PHONY: fuzz
fuzz: $(FUZZ_PROG) ## fuzz each target for FUZZ_SECONDS (30) with libFuzzer
	@$(if $(FUZZ_PROG),,echo 'no fuzz targets in tests/fuzz'; exit 1)
	@set -e; for p in $(FUZZ_PROG); do \
		n=$$(basename $$p); mkdir -p $(O)/fuzz/corpus/$$n tests/fuzz/corpus/$$n; \
		echo "== fuzz $$n for $(FUZZ_SECONDS) s"; \
		$$p -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$(O)/fuzz/$$n- $(O)/fuzz/corpus/$$n tests/fuzz/corpus/$$n; \
	done

# --- tests --------------------------------------------------------------------

# T=fdb picks test_fdb, T=ping picks ping.sh; a path works too.
pick = $(if $(T),$(filter $(T) %/test_$(T) %/$(T) %/$(T).sh %/$(T).py,$(1)),$(1))
UNIT_TESTS := $(call pick,$(UNIT_BIN) $(FUZZ_BIN))
BPF_TESTS  := $(call pick,$(BPFT_BIN))
LAB_TESTS  := $(call pick,$(LABT_BIN) $(LAB_SCRIPTS))

RUN = XSWD=$(abspath $(O)/xswd) XSW=$(abspath $(O)/xsw) XSW_BUILD=$(abspath $(O)) \
	$(if $(filter 1,$(TSAN)),setarch -R) $(PYTHON) tests/run

.PHONY: check check-unit check-bpf check-lab check-threads
check: all $(UNIT_TESTS) $(BPF_TESTS) $(filter $(O)/%,$(LAB_TESTS)) ## all tests (root)
	@$(RUN) $(UNIT_TESTS) $(BPF_TESTS) $(LAB_TESTS)
check-unit: $(UNIT_TESTS) ## unit tests and the fuzz corpus (no rights needed)
	@$(RUN) $(UNIT_TESTS)
check-bpf: $(BPF_TESTS) ## BPF programs by test-run (root)
	@$(RUN) $(BPF_TESTS)
check-lab: all $(filter $(O)/%,$(LAB_TESTS)) ## labs of namespaces and the VM (root)
	@$(RUN) $(LAB_TESTS)
check-threads: $(THREAD_BIN) ## the thread tests alone; meant for TSAN=1
	@$(RUN) $(THREAD_BIN)

.PHONY: bench
bench: $(BENCH_BIN) ## run the benchmarks of tests/bench
	@$(if $(BENCH_BIN),,echo 'no benchmarks in tests/bench'; exit 1)
	@set -e; for b in $(BENCH_BIN); do echo "== $$b"; $$b; done

.PHONY: coverage
coverage: ## line coverage of the unit tests, per file
	@$(MAKE) O=build-coverage COVERAGE=1 OPTIMIZE=-O0 check-unit
	@tools/coverage build-coverage

# --- quality ------------------------------------------------------------------

C_FILES := $(wildcard bpf/*.[ch] ctl/*.[ch] switch/*/*.[ch] tests/*/*.[ch])

.PHONY: lint format analyze
lint: all $(LIBXSW_OBJ) ## layers, headers, sizes, format, SPDX, shellcheck, packet path
	@tools/lint
	@tools/lint-path $(O)
format: ## clang-format all C sources in place
	clang-format -i $(C_FILES)
analyze: compile_commands.json $(SKELS) ## cppcheck, clang-tidy and gcc -fanalyzer
	@tools/analyze $(O)

compile_commands.json: $(O)/flags $(MAKEFILE_LIST) ## for editors and clang-tidy
	$(call say,GEN,$@)
	@{ echo '['; sep=; for f in $(SWITCH_SRC) $(CTL_SRC) $(wildcard tests/*/*.c); do \
		printf '%s{"directory":"%s","file":"%s","arguments":[' "$$sep" '$(CURDIR)' "$$f"; \
		for a in $(CC) $(subst -I$(O)/bpf,-isystem$(O)/bpf,$(XSW_CPPFLAGS)) $(XSW_CFLAGS); do \
			printf '"%s",' "$$(printf '%s' "$$a" | sed 's/["\\]/\\&/g')"; done; \
		printf '"-c","%s"]}\n' "$$f"; sep=,; \
	done; echo ']'; } >$@

# --- install ------------------------------------------------------------------

ROOT = $(DESTDIR)$(PREFIX)
.PHONY: install uninstall deps clean help
install: all ## install under DESTDIR/PREFIX (/usr/local)
	install -d $(addprefix $(ROOT)/,sbin bin lib/systemd/system share/doc/xsw share/man/man1 \
		share/man/man8 share/bash-completion/completions)
	install -m 755 $(O)/xswd $(ROOT)/sbin/xswd
	install -m 755 $(O)/xsw $(ROOT)/bin/xsw
	sed 's|@SBINDIR@|$(PREFIX)/sbin|; s|@DOCDIR@|$(PREFIX)/share/doc/xsw|' \
		tools/systemd/xswd.service >$(ROOT)/lib/systemd/system/xswd.service
	install -m 644 LICENSE README.md docs/operations.md $(ROOT)/share/doc/xsw
	install -m 644 docs/man/xsw.1 $(ROOT)/share/man/man1/xsw.1
	install -m 644 docs/man/xswd.8 $(ROOT)/share/man/man8/xswd.8
	install -m 644 tools/completion/xsw.bash $(ROOT)/share/bash-completion/completions/xsw
uninstall: ## remove what install put there
	rm -f $(addprefix $(ROOT)/,sbin/xswd bin/xsw lib/systemd/system/xswd.service \
		share/man/man1/xsw.1 share/man/man8/xswd.8 share/bash-completion/completions/xsw)
	rm -rf $(ROOT)/share/doc/xsw
deps: ## install the Debian packages that are missing (root)
	tools/deps
clean: ## remove this build's folder
	rm -rf $(O) compile_commands.json
help: ## this text
	@echo 'make [TARGET] [VARIABLE=VALUE]'; echo; echo 'Targets'
	@sed -n 's/^\([a-z._-]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
		awk -F '\t' '{ printf "  %-22s%s\n", $$1, $$2 }'
	@echo; echo 'Variables'
	@echo '  T=NAME                one test: T=fdb is test_fdb, T=ping is ping.sh'
	@echo '  O=DIR                 build folder (build, build-asan, ...)'
	@echo '  V=1                   show the commands'
	@echo '  DEBUG=1               -Og and assertions on'
	@echo '  ASAN=1 UBSAN=1 TSAN=1 sanitizers, each combination in its own folder'
	@echo '  WERROR=0              warnings do not fail the build'
	@echo '  PREFIX=, DESTDIR=     where install goes'
	@echo '  FUZZ_SECONDS=30       how long each fuzz target runs'
