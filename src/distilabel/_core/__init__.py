"""What every component is made of: lazy faces, specs, digests, one way from sync to async."""
