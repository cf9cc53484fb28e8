"""RNS-CKKS by its definitions, in Python integers: no residue trick, no fast transform, no code shared with src/."""
