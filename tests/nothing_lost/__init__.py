"""Files, disks and kills by the thousand: ``python -m tests.nothing_lost``."""
