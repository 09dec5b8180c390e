"""`EvolQuality`: rewrites responses several times to improve them."""
