"""How fast it is: ``python -m tests.benchmarks`` prints ratios measured in one run. Nothing here is asserted."""
