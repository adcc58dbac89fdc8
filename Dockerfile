# The three commands on a slim Debian, with the original's config files, for
# people who exec into it as the original's README does.
#
# The bases are arguments so that the same file builds where no registry can be
# reached; `go tool mage image` gives it stand-ins there.
ARG BUILD_BASE=golang:1.26
ARG RUN_BASE=debian:bookworm-slim

FROM ${BUILD_BASE} AS build
# Where modules come from; empty: Go's own default.
ARG GOPROXY=""
ENV CGO_ENABLED=0 GOFLAGS=-trimpath
# What every build needs of the standard library, in a layer that changes of the
# source leave alone.
RUN go build net/http net/http/pprof html/template encoding/json encoding/xml log/slog compress/gzip
WORKDIR /src
COPY go.mod go.sum ./
COPY internal internal
COPY gossipnode gossipnode
COPY provider provider
COPY monitor monitor
RUN go build -ldflags "-s -w" -o /out/ ./monitor ./provider ./gossipnode

FROM ${RUN_BASE}
RUN useradd --create-home --shell /bin/bash app_user && install -d -o app_user /home/app_user/data
COPY --from=build /out/ /usr/local/bin/
WORKDIR /home/app_user
COPY --chown=app_user:app_user config_files config_files
# data is where a cluster without shells works, on a volume or in memory.
# The README's standalone part says ./config/monitor.json.
RUN ln -s config_files config
USER app_user
CMD ["bash"]
