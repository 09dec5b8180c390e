"""The workings of `distiset.py`: outputs of a run, cards, folders, the Hub. Knows no step."""
