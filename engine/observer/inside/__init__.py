"""The part that runs inside a service: the observer around every app, the player of scripts, and their records.

It uses only the standard library. Only this folder is copied into a target, and is imported there as ``engine_inside``,
so its modules import each other relatively.
"""
