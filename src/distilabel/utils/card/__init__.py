"""Dataset cards, the README files of generated datasets."""
