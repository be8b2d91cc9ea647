"""The service as its users meet it: REST, WebSocket, web pages, storage, and the command line."""
