"""Ask about Kie.ai tasks, wait for them and save their results before the links expire."""

__version__ = "0.1.0"
