"""Programs that measure the kit against its peers in one run; `make bench` starts them."""
