"""Where events are searched: the index protocols' implementations and the export formats."""
