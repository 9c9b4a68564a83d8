# SPDX-License-Identifier: Apache-2.0
# docker build -t tlswhy . && docker run --rm --network none -v "$PWD:/data:ro" tlswhy capture.pcapng serial.log
FROM debian:12-slim AS build
COPY . /src
WORKDIR /src
RUN .ci/install \
 && cmake --preset release -DTLSWHY_TESTS=OFF \
 && cmake --build --preset release \
 && cd build/release && cpack -G DEB

FROM debian:12-slim
COPY --from=build /src/build/release/*.deb /tmp/
RUN apt-get update \
 && apt-get install -y --no-install-recommends /tmp/*.deb \
 && rm -rf /tmp/*.deb /var/lib/apt/lists/* \
 && useradd --no-create-home --shell /usr/sbin/nologin tlswhy
USER tlswhy
WORKDIR /data
ENTRYPOINT ["tlswhy"]
