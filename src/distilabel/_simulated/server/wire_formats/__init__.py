"""Wire formats of the simulated server: parse requests and write responses; import no server."""
