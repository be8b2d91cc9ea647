"""All queues of the installation, and the way of a caller through them."""

from config.queues.plan import Queue, QueuePlan, load_queues

__all__ = ["Queue", "QueuePlan", "load_queues"]
