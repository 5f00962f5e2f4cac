"""A simulated Kie on this machine: no key, no network, no credits.

`python -m kiecli.sandbox kiecli wait demo-video` is how a newcomer tries kiecli and how a pipeline
is rehearsed; the tests talk to the same simulation. kiecli itself never imports it.
"""
