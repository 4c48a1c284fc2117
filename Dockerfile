# The application in one image. The command decides what a container is:
#   python -m faust -A streams.app:monitor worker --without-web -l info
#   python -m faust -A streams.app:publisher worker --without-web -l info
#   python -m web

FROM python:3.11.15-slim-bookworm AS builder
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
# Dependencies before code: a change of ours does not install them again.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra app --no-install-project
COPY . .
RUN uv sync --frozen --no-dev --extra app

FROM python:3.11.15-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin klankbord
# Owned by root: the process can read its code and not change it.
COPY --from=builder /app /app
WORKDIR /app
# Everything that is written goes under /tmp, so that the root file system can be read-only.
ENV PATH=/app/.venv/bin:$PATH \
    HEALTH_PORT=8080 \
    KLANKBORD_DATA_DIR=/tmp/klankbord \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
STOPSIGNAL SIGTERM
# Without a proxy: the environment may name one, and it does not know our loopback.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['HEALTH_PORT'] + '/livez', timeout=4)"]
CMD ["python", "-m", "web"]
