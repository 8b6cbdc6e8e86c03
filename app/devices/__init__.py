"""Work with the sensors outside a session: scan, trim, doctor, the simulated ones."""
