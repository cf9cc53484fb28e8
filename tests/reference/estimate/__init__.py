"""How hard it is to find a secret: lattice reduction, what it costs, and the attacks that use it. All numbers are log2 unless named otherwise."""
