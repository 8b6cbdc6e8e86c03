"""Many sessions to one table: on the processors of this computer, or on a Dask cluster."""
