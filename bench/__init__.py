"""Benchmarks: what Rasid costs, in ratios of one run, on news that is made up here."""
