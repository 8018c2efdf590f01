"""Every setting of Rasid, once. Sources, the later ones win: defaults, ``rasid.toml``, environment (``RASID_…``), flags."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rasid.errors import UsageError

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
MIB = 1024 * 1024


class Settings(BaseSettings):
    """Sizes are in bytes, times in seconds, unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="RASID_", extra="forbid", frozen=True, toml_file="rasid.toml")

    data_dir: Path = Field(Path("var"), description="folder of the database")
    feeds: Path = Field(SEEDS / "feeds.toml", description="the operator's list of outlets and feeds")
    index: Literal["sqlite", "elasticsearch"] = Field("sqlite", description="where events are indexed and searched")
    contact: str = Field(
        "https://github.com/rasid-project/rasid", description="address or mail named in the User-Agent"
    )
    proxy_from_environment: bool = Field(False, description="honour HTTP_PROXY and HTTPS_PROXY")
    allow_networks: Annotated[tuple[str, ...], Field(description="private networks that may be asked, as CIDR")] = ()

    workers: int = Field(
        default_factory=lambda: max(1, os.cpu_count() or 1), ge=1, le=256, description="pool processes"
    )
    worker_memory: int = Field(1536 * MIB, ge=256 * MIB, description="address space of a pool worker")
    worker_tasks: int = Field(2_000, ge=1, description="items after which a pool worker is replaced")
    parse_seconds: float = Field(20.0, gt=0, description="time for parsing one feed")
    page_seconds: float = Field(20.0, gt=0, description="time for cleaning or extracting one article")

    poll_concurrency: int = Field(64, ge=1, le=1000, description="feeds asked at once")
    fetch_concurrency: int = Field(64, ge=1, le=1000, description="pages fetched at once")
    request_seconds: float = Field(30.0, gt=0, description="one request with its redirects")
    host_spacing: float = Field(1.0, ge=0, description="pause between two requests to one host")
    max_feed_bytes: int = Field(10 * MIB, ge=1024, description="size above which a feed is refused")
    max_page_bytes: int = Field(5 * MIB, ge=1024, description="size above which a page is refused")
    poll_least: float = Field(120.0, gt=0, description="shortest time between two polls of a feed")
    poll_most: float = Field(6 * 3600.0, gt=0, description="longest time between two polls of a feed")
    first_days: int = Field(30, ge=1, description="how old an entry of a feed's first poll may be, in days")

    max_waiting_pages: int = Field(2_000, ge=1, description="pages waiting for cleaning above which fetching pauses")
    min_free_bytes: int = Field(512 * MIB, ge=0, description="free disk below which fetching pauses")
    keep_pages_days: float = Field(30.0, gt=0, description="age at which pages without events are thrown away")
    keep_pages_bytes: int = Field(
        4096 * MIB, ge=MIB, description="size of the kept pages; those without events go first"
    )
    keep_dead_days: float = Field(90.0, gt=0, description="age at which dead letters are thrown away")
    event_expiry_days: int = Field(
        400, ge=30, description="days without a touch after which merge frees a day's reports"
    )

    mode: Literal["local", "cluster"] = Field("local", description="one process on SQLite, or many on Kafka")
    prefix: str = Field(
        "rasid", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$", description="what names of topics, groups and indices begin with"
    )
    partitions: int = Field(12, ge=1, le=1000, description="partitions of each topic of records; fixed at set-up")
    kafka: str = Field("", description="Kafka brokers as host:port, several with commas")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to talk to Kafka"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="how to log in to Kafka, with a SASL protocol"
    )
    kafka_user: str = Field("", description="name to log in to Kafka with")
    kafka_password: SecretStr = Field(SecretStr(""), description="password to log in to Kafka with")
    kafka_ca: Path | None = Field(None, description="certificates that Kafka's is checked against (PEM)")
    kafka_replication: int = Field(1, ge=1, le=7, description="copies of each topic, at set-up")
    session_seconds: float = Field(
        10.0, ge=6, le=300, description="silence after which Kafka gives a worker's partitions to another"
    )
    batch_records: int = Field(200, ge=1, le=10_000, description="records that a worker takes at once")
    batch_seconds: float = Field(
        30.0, gt=0, le=120, description="longest time for fetching a batch; what is not reached waits for another"
    )
    stall_seconds: float = Field(
        180.0, ge=10, description="records that wait without any progress for so long end the worker"
    )

    elasticsearch: str = Field("", description="addresses of Elasticsearch (https://host:9200), several with commas")
    elasticsearch_api_key: SecretStr = Field(SecretStr(""), description="API key for Elasticsearch, encoded")
    elasticsearch_user: str = Field("", description="name to log in to Elasticsearch with, instead of a key")
    elasticsearch_password: SecretStr = Field(SecretStr(""), description="password to log in to Elasticsearch with")
    elasticsearch_ca: Path | None = Field(
        None, description="certificates that Elasticsearch's is checked against (PEM)"
    )
    kibana: str = Field("", description="address of Kibana, with its space, for the dashboards at set-up")
    kibana_ca: Path | None = Field(None, description="certificates that Kibana's is checked against (PEM)")
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65_535,
        description="port of metrics and health; none by default, 0 for any that is free; the processes of a worker count up from it",
    )
    metrics_host: str = Field("127.0.0.1", description="address on which metrics and health are served")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")

    @field_validator("allow_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database(self) -> Path:
        return self.data_dir / "rasid.sqlite"

    @property
    def gazetteer(self) -> Path:
        """The operator's own places, where there are any."""
        return self.data_dir / "gazetteer.bin"


def load(config: Path | None = None, **flags: Any) -> Settings:
    """The effective settings; flags of None are not given. Raises UsageError naming the setting and its source's fault."""
    given = {name: value for name, value in flags.items() if value is not None}
    if config is not None and not config.is_file():
        raise UsageError(f"no settings file at {config}")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=config or "rasid.toml")

    try:
        made = FromFile(**given)
        return Settings.model_construct(**{name: getattr(made, name) for name in Settings.model_fields})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(f"settings: {faults}") from None
    except ValueError as error:  # broken TOML
        raise UsageError(f"settings file {config or 'rasid.toml'}: {error}") from None
