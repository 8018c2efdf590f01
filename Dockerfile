# Rasid: every service of docker-compose.yml that is ours. Two stages: what builds stays behind. The base is pinned by its exact tag;
# where you deploy, pin it by digest as well (docs/how-to/run-at-scale.md says how).
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/rasid
WORKDIR /src
COPY docker/constraints.txt docker/constraints.txt
COPY pyproject.toml README.md LICENSE DATA_LICENSES.md ./
COPY contracts contracts
COPY arabic arabic
COPY ingest ingest
COPY processors processors
COPY sinks sinks
COPY seeds seeds
COPY kibana kibana
COPY rasid rasid
RUN /opt/rasid/bin/pip install --only-binary=:all: --no-binary=rasid --constraint docker/constraints.txt '.[cluster,elasticsearch]'

FROM python:3.11.14-slim-bookworm
# keys.sh needs openssl, which comes with the certificates of the base: a base without it fails here, not at the first start.
# The folders are made for the volumes, which take over their owner.
RUN openssl version \
 && groupadd --gid 1000 rasid \
 && useradd --uid 1000 --gid 1000 --home-dir /data --no-create-home --shell /usr/sbin/nologin rasid \
 && install -d -o rasid -g rasid -m 0700 /data /access \
      /keys /keys/accounts /keys/access /keys/elasticsearch /keys/kafka /keys/kibana
COPY --from=build /opt/rasid /opt/rasid
COPY docker/entrypoint.sh docker/keys.sh docker/accounts.py docker/health.py /opt/docker/
ENV PATH=/opt/rasid/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 \
    RASID_DATA_DIR=/data RASID_METRICS_PORT=9464
WORKDIR /data
USER 1000:1000
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "/opt/docker/health.py"]
ENTRYPOINT ["/opt/docker/entrypoint.sh"]
CMD ["run", "--no-live"]
