"""The operator's own gazetteer: places read from GeoNames dumps, OCHA tables and the like, beside those that ship.

``rows`` is one place of a file, ``geonames`` and ``tables`` read the layouts, ``files`` opens what was handed over; ``compiling`` makes
one table of all, ``packed`` is that table in memory, ``store`` the file that holds it.
"""
