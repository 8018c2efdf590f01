"""The flow on many machines: Kafka between the stages, faust-streaming under each."""
