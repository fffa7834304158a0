# Two stages: the first builds a wheel and a virtual environment, the second holds nothing that can build.
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/fileproc
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY fileproc ./fileproc
RUN /opt/fileproc/bin/python -m pip install --no-cache-dir --disable-pip-version-check '.[container]'

FROM python:3.12-slim
RUN groupadd --gid 10001 fileproc \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fileproc \
 && mkdir -p /var/lib/fileproc /run/fileproc /etc/fileproc/contracts \
 && chown 10001:10001 /var/lib/fileproc /run/fileproc
COPY --from=build /opt/fileproc /opt/fileproc
COPY supervisord.conf /etc/fileproc/supervisord.conf
# The root may be read-only: what is written goes to the volume (journal) and to the tmpfs (sockets, job folders).
ENV PATH=/opt/fileproc/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FILEPROC_HOST=0.0.0.0 \
    FILEPROC_PORT=8080 \
    FILEPROC_RUNTIME_DIR=/run/fileproc \
    TMPDIR=/run/fileproc \
    FILEPROC_CONTRACTS=/etc/fileproc/contracts \
    DATABASE_URL=sqlite:////var/lib/fileproc/fileproc.db
WORKDIR /var/lib/fileproc
VOLUME /var/lib/fileproc
EXPOSE 8080
USER 10001:10001
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["fileproc", "health"]
ENTRYPOINT ["python", "-m", "fileproc.container"]
