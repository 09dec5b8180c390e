"""Parts of `distiset.py`: run outputs, dataset cards, disk, Hub and images. Imports no step."""
