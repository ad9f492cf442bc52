"""An example class: what twenty people might hand in for the layers assignment, honest and otherwise."""
