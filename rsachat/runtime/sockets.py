"""The sockets of the edge under one name: stream, listener, connector, and their words."""

from rsachat.runtime.addresses import format_address, raise_file_limit
from rsachat.runtime.connector import Connector
from rsachat.runtime.listener import Listener
from rsachat.runtime.stream import Stream

__all__ = ["Connector", "Listener", "Stream", "format_address", "raise_file_limit"]
