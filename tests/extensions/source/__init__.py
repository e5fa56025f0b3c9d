"""The package of the test, as it is copied to where it is installed."""
