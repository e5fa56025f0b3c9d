"""Mutants: servers, apps and gateways with one deliberate fault, and the cases that fail on them.

table      the committed table: each mutant with the cases that kill it
catalogue  the mutants that exist, and the targets that have them
choosing   the cases to run on each mutant
judging    the outcome of a mutant from the results of its cases
running    runs them on few processes at a time
"""
