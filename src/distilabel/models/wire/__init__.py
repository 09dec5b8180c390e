"""Wire formats: requests and replies of each protocol, as pure maps. No network here."""
