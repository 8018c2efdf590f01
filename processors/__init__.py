"""From an article to events: extraction of reports, and their merging."""
