"""Where student code runs: a confined worker behind a pipe, and the proxy that checks talk to."""
