# A static binary and nothing else: no shell, no package manager, no root.
#
#   docker build --tag lameduck .
#   docker run --rm --volume "$PWD:/work:ro" lameduck check
FROM rust:1-alpine AS build
WORKDIR /src
COPY . .
ARG LAMEDUCK_COMMIT
RUN cargo build --locked --release && cp target/release/lameduck /lameduck

FROM scratch
COPY --from=build /lameduck /lameduck
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/lameduck"]
CMD ["check"]
