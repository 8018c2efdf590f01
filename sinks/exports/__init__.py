"""Events written as files: each writer takes events one by one and a binary file, and says how many rows it wrote."""

from sinks.exports.acled import write_acled
from sinks.exports.delimited import write_csv
from sinks.exports.geojson import write_geojson
from sinks.exports.jsonl import write_jsonl
from sinks.exports.spreadsheet import write_xlsx
from sinks.exports.written import TooManyRows, Written

__all__ = ["TooManyRows", "Written", "write_acled", "write_csv", "write_geojson", "write_jsonl", "write_xlsx"]
