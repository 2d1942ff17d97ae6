# The install steps are those of the Makefile, and tests/test_packaging.py holds the two together.

FROM python:3.13-slim AS build
WORKDIR /app
RUN python3 -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
RUN .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q bot
COPY prompts prompts
COPY config config

FROM python:3.13-slim
# openai trusts the certificates of the system, and slim images come without them.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home countersign
COPY --from=build /app /app
WORKDIR /app
USER countersign
VOLUME /data
EXPOSE 8080
# As long as no sign-in is configured Countersign listens on loopback only, and the container shares the host's network;
# README.md has the steps.
ENV HOST=127.0.0.1 \
    PORT=8080 \
    COUNTERSIGN_SEAL_KEY=/data/seal.key \
    DATABASE_URL=sqlite:////data/countersign.db \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD [".venv/bin/python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT [".venv/bin/countersign"]
CMD ["run"]
