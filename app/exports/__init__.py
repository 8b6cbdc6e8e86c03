"""Sessions as other programs read them: tables, MCAP, Motion-BIDS."""
