"""Pictures of pipelines: what is in one (`picture`), where it goes (`layout`), and three ways to
write it down (`mermaid`, `svg`, `png`). No network, and nothing is run."""
