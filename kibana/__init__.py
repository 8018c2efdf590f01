"""What Kibana shows of Rasid: the description, what is built of it, and the questions that its panels ask."""
