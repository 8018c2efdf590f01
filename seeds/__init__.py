"""Data that ships with the package: the list of feeds and the sample sites."""
