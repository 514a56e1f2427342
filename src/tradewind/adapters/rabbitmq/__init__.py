"""RabbitMQ: what must not be lost, in quorum queues with confirms."""
