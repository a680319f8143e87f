"""How models answer the entries of a dataset: scores by type of answer, their intervals, and two models compared."""
