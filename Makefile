# The commands of the day: `make` lists them. docs/development.md says more.
MAKEFLAGS += --no-print-directory
version = $(shell cat version)

.PHONY: help up build test format lint gen bench version release clean

help: ## Lists the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

up: ## Runs everything on this machine, with a demo
	./deploy/local/up

build: gateway/node_modules/.package-lock.json deploy/local/node_modules/.package-lock.json ## Builds the services, the SDK and the dashboard
	npm --prefix gateway run --silent build
	dotnet build Journeys.sln --configuration Release --nologo --verbosity quiet

test: ## Runs all tests, or some: make test ONLY="Engine.Tests sdk"
	./tests/run $(ONLY)

format: gateway/node_modules/.package-lock.json ## Formats C#, TypeScript, CSS and JSON
	dotnet format whitespace --folder .
	npm --prefix gateway run --silent format

lint: gateway/node_modules/.package-lock.json ## Checks format, scripts, versions, documents and contracts
	./tests/format
	cd protos && ../gateway/node_modules/.bin/buf lint
	./tests/breaking

gen: gateway/node_modules/.package-lock.json ## Generates the contract's types for the SDK and the dashboard; C# does it in its build
	npm --prefix gateway run --silent generate --workspaces

bench: ## Runs one benchmark: make bench OF=engine
	dotnet run --project tests/Benchmarks --configuration Release -- $(OF)

version: ## Sets the version everywhere: make version TO=0.2.0
	@test -n "$(TO)" || { echo "make version TO=0.2.0" >&2; exit 1; }
	echo $(TO) > version
	npm --prefix gateway version $(TO) --workspace sdk --no-git-tag-version
	sed -i.old -e 's/^version: .*/version: $(TO)/' -e 's/^appVersion: .*/appVersion: "$(TO)"/' deploy/helm/Chart.yaml && rm deploy/helm/Chart.yaml.old
	./tests/format versions

release: build ## Packs what is published into dist/; pushes images with REGISTRY=...
	mkdir -p dist
	npm --prefix gateway pack --workspace sdk --pack-destination dist
	./protos/pack dist
	helm package deploy/helm --destination dist
ifdef REGISTRY
	for part in definition enrollment scheduler gateway; do \
	  docker build -f deploy/docker/Dockerfile --target $$part -t $(REGISTRY)/$$part:$(version) . && docker push $(REGISTRY)/$$part:$(version) || exit 1; \
	done
endif

clean: ## Removes what was built
	rm -rf dist gateway/*/dist
	dotnet clean Journeys.sln --configuration Release --nologo --verbosity quiet

%/node_modules/.package-lock.json: %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund --loglevel=error
