# Two commands matter: make demo and make test. Both install what they need (Debian and Ubuntu; elsewhere they say
# what is missing).

export PATH := $(PATH):/usr/local/go/bin
export GOTOOLCHAIN ?= local

MODULE   := github.com/simkld/simkld
VERSION  ?= $(shell git describe --tags --dirty 2>/dev/null || echo 0.0.0-dev)
# A package may build its own client_id in: make build CLIENT_ID=...
CLIENT_ID ?=
LDFLAGS  := -s -w -X $(MODULE)/internal/about.version=$(VERSION) -X $(MODULE)/internal/about.clientID=$(CLIENT_ID)
BUILD    := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

LINT_VERSION := 2.15.0
LINT         := .tools/golangci-lint-$(LINT_VERSION)
FUZZTIME     ?= 3s
SYSTEMS      := linux darwin windows freebsd

.PHONY: build demo test test-all test-desktop bench fuzz lint vet cross-vet cross clean

build:
	$(BUILD) -o simkld ./cmd/simkld

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

# Real VLC, and the real players on a bus of their own: they take minutes.
test-desktop:
	@scripts/needs desktop
	go test -race -tags desktop -timeout 20m ./players/mpris ./players/vlc

# What make test leaves out for time: the desktop's players, all builds, and a minute for each fuzz target.
test-all: test test-desktop cross
	@FUZZTIME=60s scripts/fuzz

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
