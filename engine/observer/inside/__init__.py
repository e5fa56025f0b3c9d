"""The part that runs inside a service: the observer around every app, the player of scripts, and their records.

Standard library only. The folder is copied alone into a target and imported there as ``engine_inside``, so its modules
import each other relatively.
"""
