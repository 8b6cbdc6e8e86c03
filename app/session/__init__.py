"""A session analysed: the engine, its results, its signals and the columns of its tables."""
