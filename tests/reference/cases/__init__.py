"""Known answers by kind: each module yields dictionaries, one per vector, whose fields README.md describes."""
