"""What the stages agree on: records, their codec and ids, outcomes, and the protocols of stages, sources, sinks and stores."""
