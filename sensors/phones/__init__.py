"""Phones as sensors over the network: a link for each app, with the same face as that of a Bluetooth sensor."""
