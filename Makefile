# sockkit. GNU make.
#
#   make [all]      ./sockkit
#   make demo       a server, a client, and every socket call they make
#   make check      all tests; TESTS='tests/serve.bats tests/unit/test_line.c' runs those
#   make quick      those that take 20 seconds: the unit tests, the layout, some of each applet's, and what differs from main
#   make lint       -Werror with gcc and clang, cppcheck, clang-tidy, shellcheck, mandoc, size
#   make bench      sockkit beside its peers; writes tests/bench/RESULTS.md; ITEMS='echo bulk' measures those
#   make faults     each call that fails in each exchange; writes tests/RESULTS-faults.md
#   make fuzz       each tests/fuzz/fuzz_*.c, and each applet among strangers, for FUZZ_SECONDS
#   make valgrind   the applets under valgrind: accesses, leaks, descriptors
#   make soak       servers among 6000 connections, SOAK_SECONDS each; writes tests/RESULTS-soak.md
#   make static     build/static/sockkit, with musl where there is one
#   make install, make uninstall      $(DESTDIR)$(PREFIX)
#   make deb        build/default/deb/sockkit_VERSION_ARCHITECTURE.deb
#   make dist       build/sockkit-VERSION.tar.gz, of the last commit
#   make clean
#
# A variant has a build folder of its own and leaves its executable there: PORTABLE=1 (POSIX alone),
# SAN=1 (ASan and UBSan), STATIC=1, CC=clang, CC=musl-gcc, or several. WERROR=1: warnings are errors.
# V=1 shows the commands.

VERSION = 1.0.0
PREFIX ?= /usr/local
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
small := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)
CFLAGS ?= $(small)
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 180
Q := $(if $(V),,@)
comma := ,

# Linux has ways of its own; every other system has the POSIX side.
SYSTEM ?= $(shell uname -s)
ifneq ($(SYSTEM),Linux)
PORTABLE := 1
endif

compiler := $(if $(filter-out default,$(origin CC)),$(notdir $(firstword $(CC))))
variant := $(strip $(if $(PORTABLE),portable) $(if $(SAN),san) $(if $(STATIC),static) $(compiler))
BUILD := build/$(if $(variant),$(subst $() ,-,$(variant)),default)
SOCKKIT := $(if $(variant),$(BUILD)/sockkit,sockkit)

# Small, but for what every datagram passes: there it takes twice the time.
fast := $(if $(filter $(small),$(CFLAGS)),common/base/buf common/net/dgram_mmsg)

# Of each pair one is built.
linux := loop/loop_epoll io/sink_splice net/dgram_mmsg net/sysinfo_linux \
    net/tcp_info_linux net/holder_linux net/diag_linux net/proc_net_linux
posix := loop/loop_poll io/sink_copy net/dgram_plain net/sysinfo_none
sandbox := cli/sandbox_linux cli/sandbox_calls_linux
others := $(if $(filter Darwin,$(SYSTEM)),,base/posix_darwin) $(if $(PORTABLE),$(linux),$(posix)) $(if $(PORTABLE)$(SAN),$(sandbox),cli/sandbox_none) # LeakSanitizer reads /proc

rooms := $(wildcard common/*/*.c applets/*.c applets/*/*.c)
sources := $(filter-out $(others:%=common/%.c),$(rooms)) main.c
objects := $(sources:%.c=$(BUILD)/%.o)
modules := $(filter-out $(BUILD)/main.o,$(objects))
unit := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
fuzz := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-static-in-inline $(if $(WERROR),-Werror)
# What glibc and musl show when asked for POSIX, other systems show unless asked.
posix_Linux := -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=700
posix_Darwin := -D_DARWIN_C_SOURCE
features := $(if $(PORTABLE),$(posix_$(SYSTEM)) -include common/base/posix.h,-D_GNU_SOURCE) -D_FILE_OFFSET_BITS=64
hardening := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector
sanitizers := -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
language := -std=c17 $(features) -DSOCKKIT_VERSION='"$(VERSION)"' -I.

# The tables of options are full of pointers. glibc reads their relocations packed; musl learned it in 1.2.4.
ifeq ($(SYSTEM)$(STATIC)$(findstring musl,$(compiler)),Linux)
packed := -Wl,-z,pack-relative-relocs
endif

# GCC optimizes the executable as a whole, which makes it a 25th smaller and takes it seconds; the tests link the same
# objects as they are, and so does make CFLAGS=-O1.
whole := $(if $(variant)$(filter-out $(small),$(CFLAGS)),,$(if $(shell $(CC) --version | grep 'Free Software'),-flto=auto -ffat-lto-objects))

compile := $(CC) $(language) $(warnings) $(whole) -fPIE -ffunction-sections -fdata-sections \
    $(if $(SAN),$(sanitizers),$(hardening) -fno-asynchronous-unwind-tables) $(CPPFLAGS) $(CFLAGS)
linker := $(if $(STATIC),-static,-pie) -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now -Wl,-z,noseparate-code \
    $(if $(SAN),,-s) $(packed)
link := $(CC) $(if $(filter Darwin,$(SYSTEM)),-Wl$(comma)-dead_strip,$(linker)) $(if $(SAN),$(sanitizers)) $(CFLAGS) $(LDFLAGS)

# musl-gcc sees no header of the kernel's until they are shown to it.
ifneq ($(findstring musl,$(compiler)),)
compile += -isystem $(BUILD)/kernel
kernel := $(BUILD)/kernel
endif

.PHONY: all tests check quick demo lint bench faults fuzz soak valgrind static install uninstall deb dist clean
.DELETE_ON_ERROR:
.SECONDARY:

# What the option tables say, for the shells.
completions := completions/sockkit.bash completions/_sockkit completions/sockkit.fish
all: $(SOCKKIT) $(if $(variant),,$(completions))

completions/sockkit.bash: for := bash
completions/_sockkit: for := zsh
completions/sockkit.fish: for := fish
$(completions): $(if $(variant),,$(SOCKKIT)) completions/generate
	$(Q)./$(SOCKKIT) --dump-options | completions/generate $(for) >$@

# Renamed into place: somebody may be running the old one.
$(SOCKKIT): $(objects)
	@echo '  ld  $@'
	$(Q)$(link) $(whole) -o $(BUILD)/new $^ && mv $(BUILD)/new $@

$(BUILD)/%.o: %.c $(BUILD)/flags | $(kernel)
	@mkdir -p $(@D)
	@echo '  cc  $@'
	$(Q)$(compile) $(if $(filter $(fast),$*),-O2) -MMD -MP -c -o $@ $<

# The French texts, packed. common/base/lang.c includes them.
catalogue := build/catalogue.h
$(BUILD)/common/base/lang.o build/fuzz/common/base/lang.o: $(catalogue)
$(catalogue): common/base/fr.po common/base/catalogue.awk
	@mkdir -p $(@D)
	$(Q)LC_ALL=C awk -f common/base/catalogue.awk common/base/fr.po >$@.$(notdir $(BUILD)) && mv $@.$(notdir $(BUILD)) $@

# Other flags, other objects; but what was built with warnings as errors is good without.
flags := $(strip $(compile) $(link) $(fast))
built := $(strip $(file <$(BUILD)/flags))
ifneq ($(flags),$(if $(WERROR),$(built),$(strip $(filter-out -Werror,$(built)))))
.PHONY: $(BUILD)/flags
endif
$(BUILD)/flags: export FLAGS = $(flags)
$(BUILD)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" >$@

$(BUILD)/kernel:
	@mkdir -p $@
	@ln -sfn /usr/include/linux /usr/include/asm-generic $@
	@ln -sfn /usr/include/$(shell gcc -print-multiarch)/asm $@/asm

# Preloaded: linked with nothing of ours. It knows glibc alone.
shim := $(if $(STATIC)$(findstring musl,$(compiler)),,$(BUILD)/faults.so)
$(BUILD)/faults.so: tests/faults/shim.c
	@mkdir -p $(@D)
	@echo '  ld  $@'
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(warnings) -O2 -fPIC -shared -o $@ $<

# The targets of the fuzzer are compiled with them, so that they follow what they call.
tests: $(unit) $(shim) $(fuzz:%=$(BUILD)/tests/fuzz/%.o)

# A test may put a call of its own in the place of libc's; a static libc has that one too.
twice := -Wl,--allow-multiple-definition
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(modules)
	@mkdir -p $(@D)
	@echo '  ld  $@'
	$(Q)$(link) $(if $(whole),-fno-lto) $(if $(STATIC),$(twice)) -o $@ $^

check:
	@tests/setup check
	@$(MAKE) --no-print-directory all tests
	@SOCKKIT=$(abspath $(SOCKKIT)) UNIT=$(abspath $(BUILD))/unit PORTABLE=$(PORTABLE) tests/run $(TESTS)

# Some tests of each applet, and the files that are not as on the branch main.
some := house manual completions inetd escapes port-file guess broker cmd chat-listen proxy udp-interop udp-loops
quick: changed = $(shell git diff --name-only --diff-filter=d --merge-base main -- 'tests/*.bats' 2>/dev/null)
quick:
	@$(MAKE) --no-print-directory check TESTS='$(sort $(wildcard tests/unit/test_*.c) $(some:%=tests/%.bats) $(changed))'

demo: all
	@tests/demo $(abspath $(SOCKKIT))

lint:
	@tests/setup lint
	@tests/lint

bench: all
	@tests/setup bench
	@SOCKKIT=$(abspath $(SOCKKIT)) tests/bench/run $(ITEMS)

faults: all $(shim)
	@tests/setup check
	@SOCKKIT=$(abspath $(SOCKKIT)) SHIM=$(abspath $(shim)) tests/faults/run --results tests/RESULTS-faults.md

# The modules, with the coverage that steers libFuzzer.
build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo '  cc  $@'
	$(Q)clang $(language) $(warnings) -O1 $(sanitizers) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

# One that includes a module for what is static there takes its place.
build/fuzz/fuzz_resolve: inside := build/fuzz/common/net/resolve.o

$(fuzz:%=build/fuzz/%): build/fuzz/%: build/fuzz/tests/fuzz/%.o $(modules:$(BUILD)/%=build/fuzz/%)
	@echo '  ld  $@'
	$(Q)clang $(sanitizers) -fsanitize=fuzzer -o $@ $(filter-out $(inside),$^)

# Each target for FUZZ_SECONDS; then each applet of the sanitizer build among strangers, as long.
fuzz:
	@tests/setup fuzz
	@$(MAKE) --no-print-directory $(fuzz:%=build/fuzz/%)
	@$(MAKE) --no-print-directory all SAN=1
	@for target in $(fuzz); do \
	    echo "$$target: $(FUZZ_SECONDS) s"; \
	    mkdir -p build/fuzz/corpus/$$target && \
	    build/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -verbosity=0 -print_funcs=0 \
	        -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$target \
	        $$(ls -d tests/fuzz/seeds/$$target 2>/dev/null) || exit; \
	done
	@SOCKKIT=$(CURDIR)/build/san/sockkit tests/fuzz/protocol.py --seconds $(FUZZ_SECONDS)

soak: all
	@tests/setup check
	@SOCKKIT=$(abspath $(SOCKKIT)) tests/soak/run --seconds $(SOAK_SECONDS) --report tests/RESULTS-soak.md

# With debugging information, for what valgrind shows.
valgrind:
	@tests/setup valgrind
	@$(MAKE) --no-print-directory all BUILD=build/valgrind SOCKKIT=build/valgrind/sockkit \
	    CFLAGS='-O1 -g' link='$(CC) -g'
	@SOCKKIT=$(CURDIR)/build/valgrind/sockkit tests/valgrind/run $(SCENES)

static:
	@$(MAKE) --no-print-directory all STATIC=1 BUILD=build/static SOCKKIT=build/static/sockkit \
	    CC=$(if $(compiler),$(CC),$(shell command -v musl-gcc || echo $(CC)))

bindir := $(DESTDIR)$(PREFIX)/bin
share := $(DESTDIR)$(PREFIX)/share
links := $(patsubst man/sockkit-%.1,sk-%,$(wildcard man/sockkit-*.1))
manuals := man man/fr
pages := $(foreach page,$(wildcard $(manuals:%=%/*.[17])),$(dir $(page))man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
page_links := $(foreach manual,$(manuals),$(links:%=$(manual)/man1/%.1))
bash := $(share)/bash-completion/completions
zsh := $(DESTDIR)$(ZSHDIR)
fish := $(share)/fish/vendor_completions.d

# bash and fish look for the completions of a command by its name.
install: all
	install -d $(bindir) $(manuals:%=$(share)/%/man1) $(manuals:%=$(share)/%/man7) $(bash) $(zsh) $(fish)
	install -m 755 $(SOCKKIT) $(bindir)/sockkit
	for manual in $(manuals); do \
	    install -m 644 $$manual/*.1 $(share)/$$manual/man1 && \
	    install -m 644 $$manual/*.7 $(share)/$$manual/man7 && \
	    for link in $(links); do ln -sf sockkit-$${link#sk-}.1 $(share)/$$manual/man1/$$link.1 || exit; done || exit; \
	done
	install -m 644 completions/sockkit.bash $(bash)/sockkit
	install -m 644 completions/_sockkit $(zsh)
	install -m 644 completions/sockkit.fish $(fish)
	for link in $(links); do \
	    ln -sf sockkit $(bindir)/$$link && \
	    ln -sf sockkit $(bash)/$$link && \
	    ln -sf sockkit.fish $(fish)/$$link.fish || exit; \
	done

uninstall:
	rm -f $(bindir)/sockkit $(links:%=$(bindir)/%) $(pages:%=$(share)/%) $(page_links:%=$(share)/%)
	rm -f $(bash)/sockkit $(links:%=$(bash)/%) $(zsh)/_sockkit $(fish)/sockkit.fish $(links:%=$(fish)/%.fish)

# What is installed, as a package; its path is printed.
DEB ?= $(BUILD)/deb
deb:
	@tests/setup deb
	@rm -rf $(DEB)
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(DEB))/root PREFIX=/usr \
	    ZSHDIR=/usr/share/zsh/vendor-completions >/dev/null
	@tests/deb $(DEB)/root $(VERSION)

DIST ?= build/sockkit-$(VERSION).tar.gz
dist:
	@mkdir -p build
	@git archive --prefix=sockkit-$(VERSION)/ HEAD >build/sources.tar
	@gzip -9n <build/sources.tar >$(DIST)
	@echo $(DIST)

clean:
	rm -rf build sockkit

-include $(objects:.o=.d) $(wildcard $(BUILD)/tests/*/*.d) $(if $(filter fuzz build/fuzz/%,$(MAKECMDGOALS)),$(shell find build/fuzz -name '*.d' 2>/dev/null))
