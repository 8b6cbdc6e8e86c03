"""From standing, hinges and steps to a calibration: the steps, the search for a stance, the clap."""
