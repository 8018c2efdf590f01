"""From a feed's address to a clean article: feeds, schedule, poll, decode, fetch, clean."""
