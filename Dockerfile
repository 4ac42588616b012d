FROM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web ./
COPY docs/*.json /src/docs/
RUN npm run build

FROM rust:1.95.0-slim-bookworm AS gateway
# The image's own toolchain, without the components that only developers need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package gateway \
    && cp target/release/chatroom /usr/local/bin/chatroom

FROM debian:bookworm-slim
# What the certificate of a store of files is checked against.
COPY --from=gateway /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN groupadd --gid 65532 chatroom \
    && useradd --uid 65532 --gid chatroom --home-dir /data --no-create-home --shell /usr/sbin/nologin chatroom \
    && install --directory --owner chatroom --group chatroom --mode 0750 /data
WORKDIR /app
COPY static ./static
COPY --from=web /src/web/dist ./web/dist
COPY --from=gateway /usr/local/bin/chatroom /usr/local/bin/chatroom
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
USER chatroom
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["chatroom", "health"]
ENTRYPOINT ["chatroom"]
CMD ["serve"]
