# Agent and Envoy, for sidecars, gateways and their init containers:
#   docker build -f config/docker/agent.Dockerfile -t foresail/agent .
ARG ENVOY_IMAGE=envoyproxy/envoy:v1.40.0
FROM ${ENVOY_IMAGE} AS envoy

FROM node:24-bookworm-slim AS packages
WORKDIR /foresail
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim
# For the init container, which alone runs as root.
RUN apt-get update && apt-get install -y --no-install-recommends iptables && rm -rf /var/lib/apt/lists/*
WORKDIR /foresail
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
COPY --from=packages /foresail/node_modules node_modules
COPY package.json ./
COPY src src
RUN ln -s /foresail/src/cli/bin.js /usr/local/bin/foresail \
 && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn*
ENV NODE_ENV=production ENVOY_BIN=/usr/local/bin/envoy NODE_COMPILE_CACHE=/etc/istio/proxy/node-cache
USER 1337:1337
EXPOSE 15000 15001 15006 15020 15021 15090
ENTRYPOINT ["foresail"]
CMD ["agent"]
