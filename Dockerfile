# syntax=docker/dockerfile:1
# One image for every process of Nod; ROLE says which one it is. Nothing secret is in it, and nothing in it is written to.

# What is installed follows from these files alone, so that a change of the source installs nothing anew.
FROM node:24-slim AS manifests
WORKDIR /nod
COPY package.json package-lock.json ./
COPY server/package.json server/
COPY client/web/package.json client/web/
COPY packages/contract/package.json packages/contract/
COPY packages/signalr-server/package.json packages/signalr-server/
COPY packages/alpaca-simulator/package.json packages/alpaca-simulator/

# The client, with everything that builds it. Not `npm ci`: it refuses a lockfile where a registry lacks another platform's
# optional packages.
FROM manifests AS client
RUN npm install --no-save --no-audit --no-fund --ignore-scripts -w @nod/web -w @nod/contract
COPY tsconfig.base.json ./
COPY packages/contract packages/contract
COPY client/web client/web
RUN cd client/web && node ../../node_modules/vite/bin/vite.js build

# What the server needs while it runs. Without optional packages: the embedded PostgreSQL is one, and DATABASE_URL takes its place.
FROM manifests AS dependencies
RUN npm install --no-save --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional -w @nod/server && rm -rf /root/.npm

FROM node:24-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/var/lib/nod \
    MIGRATE_AT_START=false
WORKDIR /nod
COPY --from=dependencies /nod/node_modules node_modules
COPY package.json ./
COPY packages/contract/package.json packages/contract/
COPY packages/contract/src packages/contract/src
COPY packages/signalr-server/package.json packages/signalr-server/
COPY packages/signalr-server/src packages/signalr-server/src
COPY packages/alpaca-simulator/package.json packages/alpaca-simulator/
COPY packages/alpaca-simulator/src packages/alpaca-simulator/src
COPY server/package.json server/
COPY server/src server/src
COPY server/migrations server/migrations
COPY server/seeds server/seeds
COPY --from=client /nod/client/web/dist client/web/dist
# A new volume takes its owner from the folder that it is mounted on.
RUN install -d -o node -g node /var/lib/nod /var/lib/nod-archive
USER node
VOLUME /var/lib/nod
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
# A secret is a file of NAME=value lines that is mounted at run time; what the environment says goes before it.
CMD ["node", "--env-file-if-exists=/run/secrets/nod", "server/src/main.ts"]
