"""Runs on a Dask cluster: each target is a task.

Theory of operation
-------------------
The engine's own process loads and plans as for any run, keeps the record and draws the grid. It sends one *order* for
each target: the settings, the documents with their digests, and the cells. A worker of the cluster starts the same
process that runs jobs for pytest (``engine.app.worker_process``), which reads the documents and plans again; planning
is pure, so both have the same jobs.

*Verdicts* are lines of the record. They come back in packets as they fall, as events of the scheduler, and once more as
the value of the task. Events can be lost with a connection, and the value cannot, so nothing is lost; the first line of
a cell counts, so nothing counts twice.

*Workers that die* take their tasks with them. Dask runs such a task again on another worker, which sends every line of
its target again. A task that has lost several workers is given up, and the cells without a result are errors.

*Places.* The workers of a task limit it by a resource: ``dask worker --resources targets=2`` starts two at a time.

*Trust.* Dask unpickles whatever arrives, so a connection beyond this machine is always TLS, with the certificates of
dask's own configuration.
"""
