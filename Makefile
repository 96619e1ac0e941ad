# cprof - build, tests and tools; `make help` lists the targets
#
# Every src/MODULE/*.c is part of the program, every tests/unit/test_*.c is a
# program of its own; adding a file needs no line here.  All that is generated
# lies in build/, or in build/SAN/ for a build with sanitizers.

VERSION    := 0.1.0
PREFIX     ?= /usr/local
PKG_CONFIG ?= pkg-config

# --- options: make SAN=address,undefined, WERROR=1, V=1, LONG=1

comma := ,
B     := build$(if $(SAN),/$(subst $(comma),-,$(SAN)))
Q     := $(if $(V),,@)
say    = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)

# --- flags: CFLAGS and LDFLAGS are yours, the rest is what cprof needs

HARDEN  := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
CFLAGS  ?= -O2 -g $(if $(SAN),-fno-omit-frame-pointer,$(HARDEN))
WARN    := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	   -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef \
	   -Wvla -Wformat=2 $(if $(WERROR),-Werror)
SANFLAG := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)

pkg      = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
LIBS    := $(call pkg,--libs libelf ncursesw)
PKGFLAG := $(call pkg,--cflags libelf ncursesw)
need     = $(if $(LIBS),,$(error libelf, ncurses or pkg-config is missing: \
	   run "make deps"))

BASE := -std=gnu11 -pthread -D_GNU_SOURCE -DCPROF_VERSION='"$(VERSION)"' \
	-Iinclude -Ibuild $(WARN) $(SANFLAG) $(PKGFLAG)
COMPILE = $(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK    = $(CC) -pthread $(SANFLAG) $(CFLAGS) $(LDFLAGS)

# --- files

SRC    := $(wildcard src/*/*.c src/*/*/*.c)
OBJ    := $(SRC:%.c=$(B)/%.o)
UNIT   := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
HELP   := $(patsubst %.c,$(B)/%.o,$(filter-out tests/unit/test_%, \
	  $(wildcard tests/unit/*.c)))
ASSETS := $(wildcard src/export/assets/*.js src/export/assets/*.css)
GEN    := build/syscalls.inc $(ASSETS:src/export/%=build/%.inc)
MAN    := $(wildcard man/*.1 man/*.5)

.PHONY: all unit deps check quick lint format soak bench demo demo-top \
	check-layouts install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY: $(GEN) $(UNIT:=.o)

all: $(B)/cprof ## build build/cprof

# --- the program: all but main.o in an archive, which the unit tests link too

$(B)/cprof: $(B)/src/main.o $(B)/libcprof.a
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(B)/libcprof.a: $(OBJ)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/src/%.o: src/%.c $(B)/flags | $(GEN)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -include src/base/banned.h -c -o $@ $<

# rewritten only when it differs: other flags, or another compiler, rebuild all
$(B)/flags: FORCE
	@$(need)mkdir -p $(@D)
	@echo '$(subst ','\'',$(COMPILE) $(LINK) $(LIBS))' | \
		cmp -s - $@ || echo '$(subst ','\'',$(COMPILE) $(LINK) $(LIBS))' >$@

# --- generated: the system calls' names, and the assets as string literals

build/syscalls.inc: tools/syscalls
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)CC='$(CC)' tools/syscalls >$@

build/assets/%.inc: src/export/assets/% tools/embed
	$(call say,EMBED)
	@mkdir -p $(@D)
	$(Q)tools/embed $< >$@

# --- tests: `make check` is what CI runs, `make quick` is for daily work

unit: $(UNIT) ## build the unit tests

$(B)/tests/unit/%.o: tests/unit/%.c $(B)/flags
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -Isrc $(call pkg,--cflags cmocka) -c -o $@ $<

$(B)/tests/unit/test_%: $(B)/tests/unit/test_%.o $(HELP) $(B)/libcprof.a
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(LIBS) $(call pkg,--libs cmocka)

JOBS    = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc || echo 2))
TESTED  = $(MAKE) --no-print-directory $(JOBS) WERROR=1 all unit
export CPROF := $(CURDIR)/$(B)/cprof

check: ## install what tests need, build, run all tests (LONG=1: full counts)
	@tools/install-deps test
	@$(TESTED)
	@$(if $(LONG),CPROF_LONG=1) tools/check unit truth stacks,cli,fault,tui

quick: ## build, unit tests and the quick ones of the command line: a minute
	@$(TESTED)
	@tools/check --quick unit cli

lint: ## layers of includes, format, banned functions, scripts, man pages
	@tools/lint

format: ## let clang-format rewrite what lint would refuse
	find src include tests -name '*.[ch]' | xargs clang-format -i

check-layouts: ## regenerate the layouts from every interpreter, compare
	@tools/gen-layouts --check

soak: ## cprof with sanitizers against what churns, MINUTES=30
	@tools/soak $(if $(MINUTES),--minutes $(MINUTES))

bench: ## cost and accuracy beside py-spy, printed as a table
	@$(MAKE) --no-print-directory $(JOBS) all
	@tools/bench/run

# --- see it work

deps: ## install what the build needs, or say what to install
	@tools/install-deps build

demo: deps ## profile a slow program, then its fast version
	@$(MAKE) --no-print-directory $(JOBS) all
	@tools/demo record

demo-top: deps ## watch a running server live
	@$(MAKE) --no-print-directory $(JOBS) all
	@tools/demo top

# --- install

install: all ## PREFIX=/usr/local, DESTDIR=
	install -D -m 755 $(B)/cprof $(DESTDIR)$(PREFIX)/bin/cprof
	$(foreach m,$(MAN),install -D -m 644 $(m) $(call mandir,$(m))$(newline))

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/cprof
	$(foreach m,$(MAN),rm -f $(call mandir,$(m))$(newline))

mandir = $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(1)))/$(notdir $(1))
define newline


endef

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 /p' $(MAKEFILE_LIST) | \
		while read -r t d; do printf '%-14s %s\n' "$$t" "$$d"; done

-include $(OBJ:.o=.d) $(B)/src/main.d $(UNIT:=.d) $(HELP:.o=.d)
