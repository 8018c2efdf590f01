"""Merging: reports of one thing, from many articles, become one event."""

from processors.merge.batch import merge_reports
from processors.merge.cluster import cluster
from processors.merge.decisions import refusal
from processors.merge.event import build_event
from processors.merge.files import read_reports, write_events

__all__ = ["build_event", "cluster", "merge_reports", "read_reports", "refusal", "write_events"]
