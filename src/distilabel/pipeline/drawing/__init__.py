"""Draws pipelines: `picture` says what is in a drawing, `layout` where, and `mermaid`, `svg` and
`png` write it. Uses no network and runs nothing."""
