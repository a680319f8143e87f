# Vitrine in a container: built in one stage, run in another, by a user who may write /data and /tmp only.
# docs/RUNNING.md says how; the tests run its steps one by one, but no test builds the image itself.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /app
COPY requirements.lock ./
RUN /app/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml hatch_build.py requirements.txt requirements-see.txt requirements-postgresql.txt requirements-s3.txt requirements-mcp.txt requirements-workers.txt README.md LICENSE Home.py vitrine.py ./
COPY .streamlit/config.toml .streamlit/
COPY docs docs
COPY core core
COPY pages pages
RUN /app/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin vitrine \
    && install --directory --owner=vitrine --group=vitrine --mode=0700 /data /backups
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    VITRINE_DATA_DIR=/data/vitrine \
    VITRINE_LOG_JSON=true
USER vitrine
WORKDIR /tmp
VOLUME ["/data", "/backups"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/ready', timeout=4)"]
CMD ["vitrine", "--host", "0.0.0.0", "--port", "8501"]
