# Two commands matter: make demo and make test. Both install what they need (Debian and Ubuntu; elsewhere they say
# what is missing).

export PATH := $(PATH):/usr/local/go/bin
export GOTOOLCHAIN ?= local

MODULE   := github.com/simkld/simkld
VERSION  ?= $(shell git describe --tags --dirty 2>/dev/null || echo 0.0.0-dev)
# A package may build its own client_id in: make build CLIENT_ID=...
CLIENT_ID ?=
LDFLAGS  := -s -w -X $(MODULE)/internal/about.version=$(VERSION) -X $(MODULE)/internal/about.clientID=$(CLIENT_ID)
BUILD    = CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

LINT_VERSION := 2.15.0
LINT         := .tools/golangci-lint-$(LINT_VERSION)
FUZZTIME     ?= 3s
SYSTEMS      := linux darwin windows freebsd

# make install: where to, and what was made before.
PREFIX      ?= /usr/local
DESTDIR     ?=
BINARY      ?= simkld
PAGES       ?= .cache/pages
THIRD_PARTY ?= .cache/pages/THIRD-PARTY-LICENSES
DATE        ?= $(shell git log -1 --format=%cs 2>/dev/null || date -u +%Y-%m-%d)
OUT         ?= simkld

NFPM_VERSION := 2.45.0
NFPM         := .tools/nfpm-$(NFPM_VERSION)

.PHONY: soak mutants build pages install vendor packages demo crash test test-all test-desktop test-packages bench fuzz lint vet cross-vet cross clean

build:
	$(BUILD) -o $(OUT) ./cmd/simkld

demo:
	@scripts/needs demo
	@$(MAKE) -s build
	./simkld demo

test:
	@scripts/needs test
	@$(MAKE) -s vet cross-vet lint
	@scripts/test
	@FUZZTIME=$(FUZZTIME) scripts/fuzz
	@cat .cache/summary

# A browser on a bus of its own.
test-desktop:
	@scripts/needs desktop
	go test -race -tags desktop -timeout 10m -run 'Browser' ./players/mpris

# What make test leaves out for time: the desktop's players, all builds, and a minute for each fuzz target.
test-all: test test-desktop cross
	@FUZZTIME=60s scripts/fuzz

# The packages in a clean Debian tree, and twice for the same bytes: ten minutes, as root.
test-packages: $(NFPM)
	@scripts/needs packages
	packaging/test

# Manual pages, completions and licences, as they are installed.
pages: build
	go run -ldflags "-X $(MODULE)/internal/about.version=$(VERSION)" ./packaging/manual .cache/pages $(DATE)
	go run ./packaging/linked simkld .cache/pages

# After "make build pages" (which need no root): make install DESTDIR=... PREFIX=/usr
install:
	@[ -e $(BINARY) ] && [ -d $(PAGES)/man1 ] || { echo 'make build pages first' >&2; exit 1; }
	install -Dm755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/simkld
	install -dm755 $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m644 $(PAGES)/man1/* $(DESTDIR)$(PREFIX)/share/man/man1
	install -m644 $(PAGES)/man5/* $(DESTDIR)$(PREFIX)/share/man/man5
	install -Dm644 $(PAGES)/completions/simkld.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/simkld
	install -Dm644 $(PAGES)/completions/_simkld $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_simkld
	install -Dm644 $(PAGES)/completions/simkld.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/simkld.fish
	install -Dm644 packaging/desktop/simkld.desktop $(DESTDIR)$(PREFIX)/share/applications/simkld.desktop
	install -Dm644 packaging/desktop/simkld.svg $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps/simkld.svg
	install -dm755 $(DESTDIR)$(PREFIX)/share/metainfo
	sed -e 's/@VERSION@/$(VERSION)/' -e 's/@DATE@/$(DATE)/' packaging/desktop/io.github.simkld.simkld.metainfo.xml \
		>$(DESTDIR)$(PREFIX)/share/metainfo/io.github.simkld.simkld.metainfo.xml
	install -dm755 $(DESTDIR)$(PREFIX)/lib/systemd/user $(DESTDIR)$(PREFIX)/lib/systemd/system
	for kind in user system; do sed 's,=/usr/bin/simkld ,=$(PREFIX)/bin/simkld ,' internal/service/units/$$kind.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/$$kind/simkld.service; done
	install -dm755 $(DESTDIR)$(PREFIX)/share/doc/simkld
	install -m644 README.md config.example.toml $(THIRD_PARTY) $(DESTDIR)$(PREFIX)/share/doc/simkld

# The sources with all modules: dist/simkld-VERSION-vendored.tar.gz builds without a network.
vendor:
	@packaging/vendor $(VERSION)

packages: $(NFPM)
	@scripts/needs packages
	@NFPM=$(NFPM) VERSION=$(VERSION) CLIENT_ID=$(CLIENT_ID) packaging/make
	@packaging/vendor $(VERSION)

$(NFPM):
	@mkdir -p .tools
	GOBIN=$(CURDIR)/.tools go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v$(NFPM_VERSION)
	@mv .tools/nfpm $@

# What make test does a sample of: 1,000 damaged states.
DAMAGES ?= 1000
crash:
	@scripts/needs test
	SIMKLD_ROUNDS_DAMAGES=$(DAMAGES) go test -count=1 -v -timeout 60m -run 'TestADamagedFileIsMovedAsideAndNeverPanics' ./internal/store | grep -v '^ *--- PASS\|=== '

# Evenings of the simulator for as long as SOAK says, others each time: how many broke a law, and whether anything grows.
SOAK ?= 10m
soak:
	SOAK=$(SOAK) go test ./internal/sim -run '^TestSoak$$' -v -timeout 0

# One mistake after the other is put into the program; the table says which law catches which.
mutants:
	MUTANTS=all go test ./internal/sim -run '^TestTheLawsCatchEveryMutant$$' -v -timeout 60m

vet:
	go vet ./...

cross-vet:
	@set -e; for os in darwin windows freebsd; do echo "vet $$os"; GOOS=$$os GOARCH=amd64 CGO_ENABLED=0 go vet ./...; done

lint: $(LINT)
	$(LINT) run --allow-parallel-runners ./...

$(LINT):
	@mkdir -p .tools
	GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION)
	@mv .tools/golangci-lint $@

cross:
	@set -e; mkdir -p dist; for os in $(SYSTEMS); do for arch in amd64 arm64; do \
		echo "$$os/$$arch"; export GOOS=$$os GOARCH=$$arch; ext=; [ $$os != windows ] || ext=.exe; \
		CGO_ENABLED=0 go vet ./...; $(BUILD) -o dist/simkld-$$os-$$arch$$ext ./cmd/simkld; done; done

# The table of docs/performance.md (nine minutes, on a machine that does nothing else), then the parts alone.
bench:
	@scripts/needs test
	@$(MAKE) -s build
	@go run ./bench ./simkld
	go test -run '^$$' -bench . ./...

fuzz:
	@FUZZTIME=$(FUZZTIME) scripts/fuzz

clean:
	rm -rf simkld dist .cache .tools
