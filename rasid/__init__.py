"""The product: settings, topology, runners, metrics and the command line."""

__version__ = "0.1.0"
