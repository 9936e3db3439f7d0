"""The JSON API under `/api/v1`: HTTP in front of services, without SQL and without rules of its own."""
