"""Services: what there is to start, the environments that they need, and starting, watching and stopping them."""
