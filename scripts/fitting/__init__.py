"""Fitting of the small models of ``processors/lexicons/models.json``: labels, learning, folds."""
