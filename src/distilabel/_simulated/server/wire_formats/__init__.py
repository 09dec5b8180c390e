"""Wire formats of the simulated server: parse requests, format responses; import no server."""
