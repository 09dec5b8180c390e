"""Wire formats: the requests and replies of each protocol, as pure functions without a network."""
