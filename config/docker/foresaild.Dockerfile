# foresaild: docker build -f config/docker/foresaild.Dockerfile -t foresail/foresaild .
FROM node:24-bookworm-slim AS packages
WORKDIR /foresail
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

# The console is bundled here: neither the bundler nor the libraries of the page are wanted where it runs.
FROM node:24-bookworm-slim AS console
WORKDIR /foresail
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY src src
RUN node src/control/console/build-dashboard.ts /console

FROM node:24-bookworm-slim
WORKDIR /foresail
COPY --from=console /console /foresail/console
COPY --from=packages /foresail/node_modules node_modules
COPY package.json ./
COPY src src
COPY config/profiles config/profiles
RUN ln -s /foresail/src/cli/bin.js /usr/local/bin/foresail \
 && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn*
# The file system is read-only in a cluster: what Node compiles goes where it may.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/tmp/node-cache FORESAIL_CONSOLE=/foresail/console
USER 1337:1337
EXPOSE 8080 15012 15014 15017 20001
ENTRYPOINT ["foresail"]
CMD ["foresaild"]
