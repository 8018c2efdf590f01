"""The operator's own gazetteer: places read from GeoNames dumps, OCHA tables and the like, beside those that ship."""
