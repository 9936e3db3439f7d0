"""The processes of a home, each put together from its parts. Only `engine.app` starts them."""
